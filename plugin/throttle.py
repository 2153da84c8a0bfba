"""How often may somebody try a password or a set-up link?

Tries are counted in the store, so that all workers count together and a restart forgets nothing.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

from flask import abort, request

from plugin.db import the_store
from store.engine import writing
from store.writes.people import count_attempt

WITHIN = timedelta(minutes=15)
# A person who forgot a password tries five times, not twenty.
TRIES_PER_ADDRESS = 20
# From everywhere together. At this pace a password outside the first million of any list holds
# for more than a year; and a stranger can lock an owner out for 15 minutes at most.
TRIES_PER_NAME = 25


def count(scope: str, name: str = "") -> None:
    """Note a try from here, and one of `name`; refuse with 429 when there were too many."""
    now = datetime.now(UTC)
    store = the_store()
    with writing(store.engine) as connection:
        here = count_attempt(connection, store.ring, f"{scope}:from", network(), now, WITHIN)
        named = 0
        if name:
            named = count_attempt(connection, store.ring, f"{scope}:name", name, now, WITHIN)
    if here > TRIES_PER_ADDRESS or named > TRIES_PER_NAME:
        abort(
            429,
            "Too many tries. Wait 15 minutes, then try again. If you forgot the password, whoever "
            "runs this server can make you a new link with `flask setup-link`.",
        )


def network() -> str:
    """Whom we count: an IPv4 address, or the /64 that one household has of IPv6."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
