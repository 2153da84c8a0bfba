"""`flask setup-link`: a one-time address under which its holder becomes owner of every shop."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from store.engine import writing
from store.opening import require_schema
from store.writes.people import SETUP_LINK_FOR, make_setup_link


@click.command("setup-link")
@terms.as_json
@with_appcontext
def setup_link(as_json: bool) -> None:
    """Print a one-time address that sets up an account, or a new password for one.

    Its holder chooses e-mail and password and becomes owner of every shop connected now. It works
    once, for 24 hours; making another one ends it.
    """
    store = the_store()
    require_schema(store)
    now = terms.now()
    with writing(store.engine) as connection:
        secret = make_setup_link(connection, now)
    url = f"{store.settings.base_url}/admin/setup/{secret}"
    if as_json:
        terms.show_json({"url": url, "expires_at": now + SETUP_LINK_FOR})
    else:
        click.echo(url)
