"""`flask keys`: replace what protects the store's secrets, or a shop's own keys."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from store.engine import writing
from store.writes import people, shops
from store.writes.secrets import rewrap


@click.group()
def keys() -> None:
    """The keys of this installation and of each shop."""


@keys.command()
@terms.as_json
@with_appcontext
def rotate(as_json: bool) -> None:
    """Wrap every stored secret with the newest of SECRET_KEYS.

    First put a new key in front of the old one in SECRET_KEYS (or as the first line of
    instance/secret.key) and restart; then run this; then the old key may go. Nothing changes for
    shops, shoppers or people who are logged in, and it is safe to repeat.

    docs/commands.md says how to make a key.
    """
    store = the_store()
    with writing(store.engine) as connection:
        count = rewrap(connection, store.ring)
        people.note(connection, "rotated keys", f"{count} secrets", terms.now())
    if as_json:
        terms.show_json({"rewrapped": count})
    else:
        click.echo(f"{count} secrets are wrapped by the newest key. Older keys may go now.")


@keys.command()
@terms.shop_argument
@click.option(
    "--kind",
    type=click.Choice(["token", "customer", "report"]),
    required=True,
    help="token: signs shelves. customer: the platform package signs with it. report: opens /api.",
)
@terms.as_json
@with_appcontext
def renew(shop: str, kind: str, as_json: bool) -> None:
    """Give SHOP a new key of one kind; the one before is accepted for 30 more days.

    A Shopify shop is told its new customer key at once.
    """
    store = the_store()
    with writing(store.engine) as connection:
        one = terms.the_shop(connection, shop)
        shops.add_shop_key(connection, store.ring, one.id, kind, one.now())
        people.note(connection, f"renewed the {kind} key", "", terms.now(), shop_id=one.id)
    notes: tuple[str, ...] = ()
    if kind == "customer":
        from plugin import storefront  # for this one kind alone

        notes = storefront.tell_again(store, one)
    if as_json:
        terms.show_json({"renewed": kind, "notes": notes})
    else:
        where = "" if kind == "token" else f" `flask shop show {one.key}` has it."
        click.echo(f"{one.name} has a new {kind} key.{where}")
        for note in notes:
            click.echo(f"Note: {note}")
