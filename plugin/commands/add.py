"""`flask shop add`: connect a shop of either platform, or make one that is fed from files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from flask.cli import with_appcontext
from sqlalchemy import Connection

from plugin import words
from plugin.commands import terms
from plugin.db import the_store
from store.engine import writing
from store.errors import Explained
from store.opening import require_schema
from store.reads import people
from store.records import Platform, ShopFacts
from store.writes import people as people_writes
from store.writes import shops as writes


@click.group()
def add() -> None:
    """Connect a shop; prints its public key, which goes into the shop's pages."""


_owner = click.option("--owner", help="E-mail of the account that shall own it.")


@add.command()
@click.option("--url", required=True, help="The shop's address, such as https://shop.example.")
@click.option("--key", required=True, help="The consumer key (ck_...) of its REST API.")
@click.option(
    "--secret", help="The consumer secret: - (standard input), @file; without it a prompt."
)
@click.option("--name", help="What to call it here; default: its own title.")
@_owner
@terms.as_json
@with_appcontext
def woocommerce(
    url: str, key: str, secret: str | None, name: str | None, owner: str | None, as_json: bool
) -> None:
    """Connect a WooCommerce shop by a REST API key with the permission Read.

    Make the key in WordPress under WooCommerce > Settings > Advanced > REST API. The shop is
    asked whether address and key work before anything is stored. An address typed here is trusted
    even if it lies in a private network.
    """
    from connectors import http
    from connectors.errors import ConnectorError
    from connectors.woocommerce.client import WooCommerce

    store = the_store()
    require_schema(store)
    opened = terms.secret(secret, "The consumer secret")
    if not re.match(r"https?://", url):
        url = f"https://{url}"
    session = http.Session(allow_private=True, ca_bundle=store.settings.ca_bundle)
    connector = WooCommerce(url, key, opened, allow_private=True, session=session)
    try:
        facts = connector.check()
    except ConnectorError as fault:
        raise Explained(f"Not connected. {fault}") from None
    finally:
        connector.close()
    credentials = {"url": url, "key": key, "secret": opened, "allow_private": "yes"}
    _connect("woocommerce", facts, credentials, name, owner, as_json)


@add.command()
@click.option("--name", required=True, help="What to call the shop.")
@click.option("--currency", required=True, help="ISO 4217 code of its prices, such as GBP.")
@click.option("--timezone", default="UTC", show_default=True, help="Such as Europe/London.")
@click.option("--locale", default="en", show_default=True, help="Such as en-GB or de.")
@click.option("--url", default="", help="The shop's address, for links.")
@_owner
@terms.as_json
@with_appcontext
def files(
    name: str,
    currency: str,
    timezone: str,
    locale: str,
    url: str,
    owner: str | None,
    as_json: bool,
) -> None:
    """Make a shop that is fed from CSV files by `flask import`."""
    require_schema(the_store())
    currency = currency.upper()
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Explained(f"{currency!r} is no currency code; write three letters such as GBP.")
    if not re.fullmatch(r"[+-]\d\d:\d\d", timezone):
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Explained(
                f"There is no time zone {timezone!r}. Write one such as Europe/London or +02:00."
            ) from None
    _connect("files", ShopFacts(name, url, currency, timezone, locale), {}, None, owner, as_json)


@add.command()
@click.option(
    "--domain", required=True, help="The shop's permanent domain, such as gifts.myshopify.com."
)
@click.option("--client-id", required=True, help="The client id of your app in the Dev Dashboard.")
@click.option(
    "--secret", help="The app's client secret: - (standard input), @file; without it a prompt."
)
@click.option("--name", help="What to call it here; default: its own name.")
@_owner
@terms.as_json
@with_appcontext
def shopify(
    domain: str,
    client_id: str,
    secret: str | None,
    name: str | None,
    owner: str | None,
    as_json: bool,
) -> None:
    """Connect a Shopify shop by an app of your own.

    Make the app in Shopify's Dev Dashboard, in the organization that owns the shop, and install
    it there; docs/install-shopify.md takes you through it. The shop is asked whether the app may
    read what it needs before anything is stored.
    """
    from connectors import http
    from connectors.errors import ConnectorError
    from connectors.shopify import access, tokens
    from connectors.shopify.client import Shopify
    from plugin import storefront as telling

    store = the_store()
    require_schema(store)
    permanent = access.domain_of(domain if "." in domain else f"{domain}.myshopify.com")
    if permanent is None:
        raise Explained(
            f"{domain!r} is not the permanent domain of a Shopify shop. It ends in .myshopify.com; "
            "Shopify's admin shows it under Settings > Domains."
        )
    app = access.App(client_id.strip(), terms.secret(secret, "The client secret"))
    address = access.home(permanent)
    session = http.Session(
        allow_private=store.settings.allow_private_hosts, ca_bundle=store.settings.ca_bundle
    )
    try:
        grant = access.client_credentials(session, address, app)
        connector = Shopify(address, lambda refused: grant.access_token, session=session)
        facts = connector.check()
        connector.orders_since()
        notes = connector.notes()
        credentials = tokens.kept(address, app, grant)
        _connect(
            "shopify", facts, credentials, name, owner, as_json, permanent,
            lambda shop_id: (*notes, *telling.tell(store, shop_id, connector)),
        )  # fmt: skip
    except ConnectorError as fault:
        raise Explained(f"Not connected. {fault}") from None
    finally:
        session.close()


@dataclass(frozen=True, slots=True)
class Connected:
    key: str
    name: str
    platform: str
    url: str
    currency: str
    timezone: str
    locale: str
    owner: str | None
    notes: tuple[str, ...]


def _connect(
    platform: Platform,
    facts: ShopFacts,
    credentials: dict[str, str],
    name: str | None,
    owner: str | None,
    as_json: bool,
    domain: str | None = None,
    then: Callable[[int], tuple[str, ...]] = lambda shop_id: (),
) -> None:
    store = the_store()
    if name:
        facts = ShopFacts(name, facts.url, facts.currency, facts.timezone, facts.locale)
    if not facts.name.strip() or not facts.name.isprintable():
        raise Explained("The shop needs a name of printable characters: give one with --name.")
    with writing(store.engine) as connection:
        user = _new_owner(connection, owner)
        now = terms.now()
        shop_id, key = writes.add_shop(
            connection, store.ring, platform, facts, credentials, now, domain=domain
        )
        if user:
            people_writes.grant(connection, user.id, shop_id, "owner")
        people_writes.note(connection, "shop added", facts.name, now, shop_id=shop_id)
    notes = then(shop_id)
    connected = Connected(
        key,
        facts.name,
        platform,
        facts.url,
        facts.currency,
        facts.timezone,
        facts.locale,
        user.email if user else None,
        notes,
    )
    if as_json:
        terms.show_json(connected)
        return
    click.echo(f"Connected {facts.name} ({words.PLATFORM[platform]}). Public key: {key}")
    if user:
        click.echo(f"Its owner is {user.email}.")
    else:
        click.echo("It has no owner yet: `flask setup-link` makes its holder one.")
    for note in notes:
        click.echo(f"Note: {note}")
    step = "flask import" if platform == "files" else "flask sync"
    click.echo(f"Next: `{step} {key}`, then `flask train {key}`.")


def _new_owner(connection: Connection, email: str | None) -> people.User | None:
    """Whose the new shop is: the account named, else the only one there is."""
    if email is not None:
        user = people.user_by_email(connection, email)
        if user is None:
            raise Explained(f"Nobody here has the e-mail {email!r}. Make an account by setup-link.")
        return user
    users = people.every(connection)
    return users[0] if len(users) == 1 else None
