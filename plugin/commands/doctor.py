"""`flask doctor`: each fault found, with its mend."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from plugin.findings import Finding, of_installation, of_shop
from store.engine import reading
from store.reads import people, shops


@click.command()
@click.argument("shop", required=False)
@terms.as_json
@with_appcontext
def doctor(shop: str | None, as_json: bool) -> None:
    """Look for faults in the installation and in SHOP, or in every shop.

    Exit code 1 when something was found.
    """
    store, now = the_store(), terms.now()
    found: list[Finding] = list(of_installation(store, now))
    accounts: list[str] = []
    if not any(finding.code == "schema" for finding in found):
        with reading(store.engine) as connection:
            chosen = [terms.the_shop(connection, shop)] if shop else shops.every(connection)
            accounts = [user.email for user in people.every(connection)]
        for one in chosen:
            found += of_shop(store, one, now)
    if as_json:
        terms.show_json({"findings": found, "accounts": accounts})
    else:
        for finding in found:
            click.echo(f"{finding.shop or 'Installation'}: {finding.what}")
            click.echo(f"   Mend: {finding.mend}  [{finding.code}]")
        click.echo("Accounts: " + (", ".join(accounts) or "none yet (`flask setup-link`)") + ".")
        if not found:
            click.echo("Nothing is wrong.")
    if found:
        sys.exit(1)
