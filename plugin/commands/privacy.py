"""`flask privacy`: what is held about one person, and forgetting it."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import Connection

from plugin import persons
from plugin.commands import terms
from plugin.db import the_store
from plugin.persons import forget
from store.engine import reading, settle, writing
from store.errors import Explained
from store.reads import shops
from store.writes import people


@click.group()
def privacy() -> None:
    """Tell what is held about a shopper, and erase it."""


_customer = click.option("--customer", help="A customer: the shop's id, or an e-mail address.")
_visitor = click.option("--visitor", help="A visitor id, as shelf.js keeps it in the browser.")


def _who(
    connection: Connection, shop: shops.Shop, customer: str | None, visitor: str | None
) -> persons.Shopper:
    if (customer is None) == (visitor is None):
        raise click.UsageError("Name one person: --customer ID or --visitor ID.")
    ring = the_store().ring
    if customer is not None:
        return persons.customer(connection, ring, shop, customer)
    return persons.visitor(connection, ring, shop, str(visitor))


@privacy.command()
@terms.shop_argument
@_customer
@_visitor
@click.option("--json", "as_json", is_flag=True, help="JSON is what is printed in any case.")
@with_appcontext
def export(shop: str, customer: str | None, visitor: str | None, as_json: bool) -> None:
    """Everything SHOP's store holds about one person, as JSON."""
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        terms.show_json(persons.held(connection, one, _who(connection, one, customer, visitor)))


@privacy.command()
@terms.shop_argument
@_customer
@_visitor
@click.option("--yes", is_flag=True, help="Do not ask.")
@terms.as_json
@with_appcontext
def erase(shop: str, customer: str | None, visitor: str | None, yes: bool, as_json: bool) -> None:
    """Forget one person of SHOP: it cannot be undone.

    Orders keep their amounts and experiments their sums, without any link to the person, and no
    later sync brings the link back. What models learned goes with the next training, which is
    asked for at once.
    """
    store, now = the_store(), terms.now()
    with reading(store.engine) as connection:
        one = terms.the_shop(connection, shop)
        who = _who(connection, one, customer, visitor)
    kind = "customer" if who.customer is not None else "visitor"
    if not yes and not click.confirm(f"Forget this {kind} of {one.name} for ever?"):
        raise Explained("Nothing was erased.")
    with writing(store.engine) as connection:
        done = forget(connection, one.id, who, "command", now)
        note = f"certificate {done.number}"
        people.note(connection, f"erased a {kind}", note, now, shop_id=one.id)
    settle(store.engine)
    if as_json:
        told = {"erased": kind, "devices": done.browsers, "certificate": done.number, "at": now}
        terms.show_json({**told, "rows": done.touched})
        return
    click.echo(f"The {kind} is forgotten. Certificate {done.number}, {now:%Y-%m-%d %H:%M} UTC.")
    if who.customer is not None:
        click.echo("A training is asked for, so that models forget as well.")
