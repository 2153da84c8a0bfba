"""What a shop asks on behalf of a shopper: tell what is held, forget. For WordPress's own tools.

The shop proves itself by a signature over the whole request, made with the key that signs its
customers. The report key would not do: it lies in dashboards, and must not erase anybody.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from flask import Blueprint, Response, abort, request

from plugin import persons, throttle
from plugin.access import open_to_all
from plugin.db import connection, the_store
from store.engine import settle, writing
from store.errors import Explained
from store.reads import shops
from store.writes import people

pages = Blueprint("shoppers", __name__)

# Two servers' clocks may differ by minutes; a request that was overheard must not work for days.
LONGEST_AHEAD = timedelta(minutes=15)
# A page of a shopper's orders has 50, each perhaps made in another browser.
MOST_NAMES = 100
LONGEST_NAME = 254


@dataclass(frozen=True, slots=True)
class Named:
    """One person, by as many names as the shop knows them by."""

    customers: tuple[str, ...]  # the shop's ids, or e-mail addresses
    visitors: tuple[str, ...]


@pages.post("/api/<key>/privacy/export")
@open_to_all
def export(key: str) -> Response:
    """What is held, name by name; nothing for a name that nobody has heard of."""
    shop = _proven(key)
    held = []
    for who in _each(shop, _named()):
        told = persons.held(connection(), shop, who)
        del told["shop"]
        held.append(told)
    return _json({"held": held})


@pages.post("/api/<key>/privacy/erase")
@open_to_all
def erase(key: str) -> Response:
    """How many customers and browsers were forgotten, and the number of the last certificate."""
    shop, store, now = _proven(key), the_store(), datetime.now(UTC)
    done = []
    for who in list(_each(shop, _named())):
        with writing(store.engine) as changing:
            certificate = persons.forget(changing, shop.id, who, "platform", now)
            if certificate.touched:
                note = f"certificate {certificate.number}"
                people.note(changing, f"erased a {certificate.kind}", note, now, shop_id=shop.id)
                done.append(certificate.number)
    connection().rollback()  # this request's own view of the store would keep old pages in use
    settle(store.engine)
    return _json({"erased": len(done), "certificate": done[0] if done else None})


def _each(shop: shops.Shop, named: Named) -> Iterator[persons.Shopper]:
    """Those of whom something may be held. Two names of one customer are one shopper."""
    seen = set()
    for name in named.customers:
        try:
            who = persons.customer(connection(), the_store().ring, shop, name)
        except Explained:
            continue  # never bought, or forgotten already: that is an answer, no fault
        if who not in seen:
            seen.add(who)
            yield who
    for name in named.visitors:
        yield persons.visitor(connection(), the_store().ring, shop, name)


def _proven(key: str) -> shops.Shop:
    """The shop that signed this request; one refusal for everything else."""
    shop = shops.by_key(connection(), key)
    expires, _, given = request.headers.get("Alongside-Signature", "").partition(".")
    if shop is not None and expires.isdecimal() and len(expires) <= 12 and given.isascii():
        ahead_s = int(expires) - datetime.now(UTC).timestamp()
        signed = f"{request.method} {request.path}\n{expires}\n".encode() + request.get_data()
        keys = shops.keys(connection(), the_store().ring, shop.id, shop.now()).customer
        fits = sum(
            hmac.compare_digest(hmac.digest(own, signed, "sha256").hex(), given) for own in keys
        )
        if fits and 0 <= ahead_s <= LONGEST_AHEAD.total_seconds():
            return shop
    throttle.count("shoppers")
    return abort(
        401,
        "Sign the request with the shop's customer key (Alongside-Signature, docs/http.md), and "
        "see that both servers' clocks are right.",
    )


def _named() -> Named:
    try:
        told = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        abort(422, "A JSON object with customers, emails and visitors was expected.")
    lists: list[tuple[str, ...]] = []
    for field in ("customers", "emails", "visitors"):
        given = told.get(field, []) if isinstance(told, dict) else None
        if not isinstance(given, list) or len(given) > MOST_NAMES:
            abort(422, f"{field} must be a list of at most {MOST_NAMES} texts.")
        if not all(isinstance(one, str) and 0 < len(one) <= LONGEST_NAME for one in given):
            abort(422, f"{field} must hold texts of 1 to {LONGEST_NAME} characters.")
        lists.append(tuple(dict.fromkeys(given)))
    return Named((*lists[0], *lists[1]), lists[2])


def _json(told: dict[str, Any]) -> Response:
    body = orjson.dumps(told, option=orjson.OPT_UTC_Z)
    return Response(body, content_type="application/json", headers={"Cache-Control": "no-store"})
