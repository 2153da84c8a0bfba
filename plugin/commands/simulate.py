"""`flask simulate`: mark a shop on this machine as simulated, and move its clock."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from store.engine import writing
from store.errors import Explained
from store.writes import people, simulation


@click.command()
@terms.shop_argument
@click.option(
    "--at",
    help="The shop's own present, ISO 8601 with an offset; `now`: the world's; `-`: each line of "
    "standard input, one after the other.",
)
@terms.as_json
@with_appcontext
def simulate(shop: str, at: str | None, as_json: bool) -> None:
    """Mark SHOP as simulated: every page then says so. It cannot be undone, only removed.

    For a shop on this machine (`make demo SHOPPERS=200`); a real shop's figures must stay real.
    """
    lines: Iterable[str | None] = sys.stdin if at == "-" else (at,)
    for given in lines:
        _simulate(shop, _instant(given.strip() if given else None), as_json)


def _simulate(shop: str, instant: datetime | None, as_json: bool) -> None:
    with writing(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        if not _is_here(one.url):
            raise Explained(
                f"{one.name} is at {one.url or 'no address'}, not on this machine: only a demo "
                "shop can be simulated."
            )
        if not one.simulated:
            people.note(connection, "marked as simulated", "", terms.now(), shop_id=one.id)
        simulation.simulate(connection, one.id, instant)
    if as_json:
        terms.show_json({"simulated": one.key, "at": instant})
    else:
        click.echo(f"{one.name} is simulated; its clock says {instant or 'what ours says'}.")


def _instant(at: str | None) -> datetime | None:
    if at is None or at == "now":
        return None
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise Explained(f"{at!r} is not an instant; write it like 2026-11-30T12:00Z.") from None
    if instant.tzinfo is None:
        raise Explained(f"{at!r} does not say its time zone; end it with Z for UTC.")
    return instant


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
