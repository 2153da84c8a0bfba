"""`flask shop storefront`: tell a Shopify shop's pages again where Alongside is."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from store.engine import reading
from store.errors import Explained


@click.command()
@terms.shop_argument
@terms.as_json
@with_appcontext
def storefront(shop: str, as_json: bool) -> None:
    """Tell a Shopify shop's theme and web pixel the key and address they need.

    Done when the shop is connected or gets new access, and when its customer key is renewed.
    Again after BASE_URL changed, after the app was deployed, and after it got another scope.
    """
    from plugin import storefront as telling

    store = the_store()
    with reading(store.engine) as connection:
        one = terms.the_shop(connection, shop)
    if one.platform != "shopify":
        raise Explained(f"{one.name} is no Shopify shop: its pages are told by its own plugin.")
    notes = telling.tell_again(store, one)
    if as_json:
        terms.show_json({"key": one.key, "notes": notes})
        return
    for note in notes:
        click.echo(f"Note: {note}")
    if not notes:
        click.echo(f"{one.name}: the theme knows key and address, and the web pixel is on.")
