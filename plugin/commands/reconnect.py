"""`flask shop reconnect`: another key, secret or address for a shop that is connected."""

from __future__ import annotations

import re

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from plugin.reconnecting import Access
from plugin.reconnecting import reconnect as carry_out
from store.engine import reading
from store.errors import Explained


@click.command()
@terms.shop_argument
@click.option("--url", help="The shop's new address (WooCommerce).")
@click.option("--key", help="The new consumer key (WooCommerce), or the app's client id (Shopify).")
@click.option("--secret", help="Its secret: - (standard input), @file; without it a prompt.")
@click.option("--force", is_flag=True, help="Also when the shop does not know the orders held.")
@terms.as_json
@with_appcontext
def reconnect(
    shop: str, url: str | None, key: str | None, secret: str | None, force: bool, as_json: bool
) -> None:
    """Give a connected shop another key or address; what is held of it stays.

    The shop is asked whether the new access works, and whether it is the same shop, before
    anything is stored.
    """
    from connectors.errors import ConnectorError

    if url is None and key is None:
        raise click.UsageError("Say what changes: --url, or --key with --secret.")
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
    if url is not None and not re.match(r"https?://", url):
        url = f"https://{url}"
    opened = terms.secret(secret, "The secret") if key is not None else None
    try:
        done = carry_out(the_store(), one, Access(url, key, opened), typed_here=True, force=force)
    except ConnectorError as fault:
        raise Explained(f"Nothing was changed. {fault}") from None
    if as_json:
        terms.show_json({"key": one.key, "url": done.url, "notes": done.notes})
        return
    click.echo(f"{one.name} is connected again, at {done.url}. A sync is asked for.")
    for note in done.notes:
        click.echo(f"Note: {note}")
