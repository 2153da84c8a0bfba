"""`flask privacy`: what is held about one person, and forgetting it."""

from __future__ import annotations

import secrets
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import Connection

from plugin.commands import terms
from plugin.db import the_store
from store.engine import reading, writing
from store.errors import Explained
from store.keys import digest, email_digest
from store.reads import privacy as reads
from store.reads import shops
from store.writes import jobs, people
from store.writes import privacy as writes


@click.group()
def privacy() -> None:
    """Tell what is held about a shopper, and erase it."""


_customer = click.option("--customer", help="A customer: the shop's id, or an e-mail address.")
_visitor = click.option("--visitor", help="A visitor id, as shelf.js keeps it in the browser.")


def _one_of(customer: str | None, visitor: str | None) -> None:
    if (customer is None) == (visitor is None):
        raise click.UsageError("Name one person: --customer ID or --visitor ID.")


def _pepper(connection: Connection, shop: shops.Shop) -> bytes:
    return shops.keys(connection, the_store().ring, shop.id, shop.now()).pepper


def _key_of(connection: Connection, shop: shops.Shop, customer: str) -> int:
    """The store's key of a customer named by the shop's id or an e-mail address."""
    pepper = _pepper(connection, shop)
    hashes = [digest(pepper, "customer", customer)]
    if "@" in customer:
        hashes.append(email_digest(pepper, customer))
    for hashed in hashes:
        found = reads.customer_key(connection, shop.id, hashed)
        if found is not None:
            return found
    raise Explained(f"Nothing is held about a customer {customer!r} of {shop.name}.")


@privacy.command()
@terms.shop_argument
@_customer
@_visitor
@click.option("--json", "as_json", is_flag=True, help="JSON is what is printed in any case.")
@with_appcontext
def export(shop: str, customer: str | None, visitor: str | None, as_json: bool) -> None:
    """Everything SHOP's store holds about one person, as JSON."""
    _one_of(customer, visitor)
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        held: dict[str, Any]
        if visitor is not None:
            hashed = digest(_pepper(connection, one), "visitor", visitor)
            held = reads.visitor_data(connection, one.id, hashed)
        else:
            key = _key_of(connection, one, str(customer))
            held = reads.customer_data(connection, one.id, key)
    terms.show_json({"shop": one.name, **held})


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
    _one_of(customer, visitor)
    store, now = the_store(), terms.now()
    with reading(store.engine) as connection:
        one = terms.the_shop(connection, shop)
        key = _key_of(connection, one, customer) if customer is not None else None
    who = "customer" if customer is not None else "visitor"
    if not yes and not click.confirm(f"Forget this {who} of {one.name} for ever?"):
        raise Explained("Nothing was erased.")
    certificate = secrets.token_hex(8)  # random: it names the erasure, not the person
    with writing(store.engine) as connection:
        devices = 1
        if key is not None:
            devices = len(writes.erase_customer(connection, one.id, key))
            jobs.ask(connection, one.id, "train", now)
        else:
            hashed = digest(_pepper(connection, one), "visitor", str(visitor))
            writes.erase_visitor(connection, one.id, hashed)
        note = f"certificate {certificate}"
        people.note(connection, f"erased a {who}", note, now, shop_id=one.id)
    if as_json:
        terms.show_json({"erased": who, "devices": devices, "certificate": certificate, "at": now})
        return
    click.echo(f"The {who} is forgotten. Certificate {certificate}, {now:%Y-%m-%d %H:%M} UTC.")
    if key is not None:
        click.echo("A training is asked for, so that models forget as well.")
