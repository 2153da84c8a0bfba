"""`flask shop`: list the shops, show one, change its choices, remove it with all its data."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from plugin import words
from plugin.commands import terms
from plugin.commands.add import add
from plugin.commands.reconnect import reconnect
from plugin.commands.storefront import storefront
from plugin.db import the_store
from store.engine import reading, writing
from store.errors import Explained
from store.opening import Store
from store.reads import shops
from store.reads.overview import last_success
from store.writes import people as people_writes
from store.writes import shops as writes

# What a shop's choice for unproven models means, in words.
UNPROVEN = {"bestsellers": "bestsellers", "serve": "the model"}


@click.group()
def shop() -> None:
    """Connect, list and remove shops."""


@shop.command("list")
@terms.as_json
@with_appcontext
def list_(as_json: bool) -> None:
    """Every connected shop."""
    with reading(the_store().engine) as connection:
        found = [
            (one, shops.counts(connection, one.id), last_success(connection, one.id, "sync"))
            for one in shops.every(connection)
        ]
    if as_json:
        terms.show_json(
            [
                {
                    "key": one.key,
                    "name": one.name,
                    "platform": one.platform,
                    "url": one.url,
                    "currency": one.currency,
                    "products": counts.products,
                    "orders": counts.orders,
                    "last_synced_at": synced,
                }
                for one, counts, synced in found
            ]
        )
        return
    if not found:
        click.echo("No shop is connected yet. `flask shop add --help` says how.")
        return
    terms.show_table(
        ("Name", "Key", "Platform", "Products", "Orders", "Last sync"),
        [
            (
                one.name,
                one.key,
                words.PLATFORM[one.platform],
                f"{counts.products:,}",
                f"{counts.orders:,}",
                f"{synced:%Y-%m-%d %H:%M} UTC" if synced else "never",
            )
            for one, counts, synced in found
        ],
    )


@shop.command()
@terms.shop_argument
@terms.as_json
@with_appcontext
def show(shop: str, as_json: bool) -> None:
    """One shop: what is held, and the keys its pages and its platform package need.

    The customer key, the report key and the webhook secret are secrets.
    """
    store = the_store()
    with reading(store.engine) as connection:
        one = terms.the_shop(connection, shop)
        counts = shops.counts(connection, one.id)
        keys = shops.keys(connection, store.ring, one.id, one.now())
        webhook = shops.webhook_secrets(connection, store.ring, one.id)
    snippet = (
        f'<script src="{store.settings.base_url}/shelf.js" data-key="{one.key}" defer></script>'
    )
    facts = {
        "key": one.key,
        "name": one.name,
        "platform": one.platform,
        "url": one.url,
        "currency": one.currency,
        "timezone": one.timezone,
        "locale": one.locale,
        "products": counts.products,
        "orders": counts.orders,
        "customer_key": keys.customer[0].decode(),
        "report_key": keys.report[0].decode(),
        **(_webhooks(store, one, webhook) if one.platform == "woocommerce" else {}),
        "snippet": snippet,
    }
    if as_json:
        terms.show_json(facts)
        return
    for label, value in facts.items():
        click.echo(f"{label.replace('_', ' '):13} {value}")


def _webhooks(store: Store, one: shops.Shop, secrets: list[str]) -> dict[str, str]:
    """Where the shop's webhooks go, for whoever makes them there by hand."""
    return {
        "webhook_url": f"{store.settings.base_url}/webhooks/woocommerce/{one.key}",
        "webhook_secret": secrets[0] if secrets else "made at the next sync of the clock",
    }


shop.add_command(add)
shop.add_command(reconnect)
shop.add_command(storefront)


@shop.command("set")
@terms.shop_argument
@click.option(
    "--unproven",
    type=click.Choice(["bestsellers", "serve"]),
    required=True,
    help="What to show where a model is neither better nor worse than bestsellers.",
)
@terms.as_json
@with_appcontext
def set_(shop: str, unproven: str, as_json: bool) -> None:
    """Change a shop's own choices; they hold from its next training on.

    Small shops have too few orders to prove anything: `serve` shows their models all the same, a
    refused one never.
    """
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
    with writing(the_store().engine) as connection:
        writes.save_settings(connection, one.id, {**one.settings, "unproven": unproven})
        people_writes.note(
            connection, "shop changed", f"unproven: {unproven}", terms.now(), shop_id=one.id
        )
    if as_json:
        terms.show_json({"key": one.key, "unproven": unproven})
    else:
        click.echo(
            f"{one.name}: unproven shelves show {UNPROVEN[unproven]} from the next training."
        )


@shop.command()
@terms.shop_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@terms.as_json
@with_appcontext
def remove(shop: str, yes: bool, as_json: bool) -> None:
    """Remove a shop with everything held of it: products, orders, models, experiments."""
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        counts = shops.counts(connection, one.id)
    if not yes:
        question = f"Delete {one.name} with {counts.products:,} products, {counts.orders:,} orders?"
        if not click.confirm(question):
            raise Explained("Nothing was removed.")
    with writing(the_store().engine) as connection:
        writes.remove_shop(connection, one.id)
        people_writes.note(connection, "shop removed", one.name, terms.now())
    if as_json:
        terms.show_json({"removed": one.key})
    else:
        click.echo(f"Removed {one.name}. Take the snippet out of the shop's pages as well.")
