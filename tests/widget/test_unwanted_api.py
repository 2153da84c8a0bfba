"""What a shopper does not want: on every shelf, on every device of a customer, and forgotten."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from scheduler.upkeep import IGNORED_FOR, upkeep
from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from tests.shops import NOW
from tests.widget.test_events_api import event, tell
from tests.widget.test_shelf_api import VISITOR, ask, fresh_configuration, signed

__all__ = ["fresh_configuration"]

PHONE = "a" * 32
QUESTION = {"placement": "also_bought", "product": "p4", "limit": 4}


def shown(client: FlaskClient, shop: Shop, **asked: object) -> list[str]:
    return [item["id"] for item in ask(client, shop, **(QUESTION | asked)).json["items"]]


def say(client: FlaskClient, shop: Shop, kind: str, item: str, visitor: str | None) -> None:
    asked = {"visitor": visitor} if visitor else {"recent": "p1"}
    token = ask(client, shop, **QUESTION, **asked).json["token"]
    told = tell(client, shop, [event(kind, token=token, item=item)], visitor)
    assert told.json["accepted"] == 1


@pytest.mark.parametrize("kind", ["dismiss", "ignore"])
def test_what_is_not_wanted_gives_its_place_to_the_next(
    client: FlaskClient, shop: Shop, kind: str
) -> None:
    before = shown(client, shop, visitor=VISITOR)
    say(client, shop, kind, before[0], VISITOR)
    after = shown(client, shop, visitor=VISITOR)
    assert after[:3] == before[1:4]
    assert len(after) == 4, "the server fills the shelf; the page need not ask for spare ones"
    for placement in ("you_might_like", "bestsellers", "similar", "cart"):
        assert before[0] not in shown(
            client, shop, placement=placement, visitor=VISITOR, cart="p4", limit=24
        )
    assert shown(client, shop, visitor=PHONE) == before, "somebody else's taste"
    assert shown(client, shop) == before


def test_a_signed_customers_not_for_me_holds_on_all_their_devices(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOW).pepper
        c1 = digest(pepper, "customer", "c1")
        d = tables.CustomerDigest
        key = connection.scalar(select(d.customer_id).where(d.digest == c1))
        for visitor in (VISITOR, PHONE):
            connection.execute(
                insert(tables.Identity).values(
                    shop_id=shop.id,
                    visitor=digest(pepper, "visitor", visitor),
                    customer_id=key,
                    seen_at=NOW,
                )
            )
    first = shown(client, shop, visitor=VISITOR)[0]
    say(client, shop, "dismiss", first, VISITOR)
    who = signed(store, shop, "c1", int(time.time()) + 600)
    assert first not in shown(client, shop, visitor=PHONE, customer=who)
    # A visitor id alone never tells what its customer did elsewhere.
    assert first in shown(client, shop, visitor=PHONE)


def test_without_a_visitor_it_is_the_browsers_to_remember(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    first = shown(client, shop)[0]
    say(client, shop, "dismiss", first, None)
    with reading(store.engine) as connection:
        assert connection.scalars(select(tables.Unwanted.visitor)).all() == []
    assert shown(client, shop)[0] == first


def test_what_was_only_ignored_comes_back_after_a_month_what_was_dismissed_never(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    one, two, *_ = before = shown(client, shop, visitor=VISITOR)
    say(client, shop, "ignore", one, VISITOR)
    say(client, shop, "dismiss", two, VISITOR)
    upkeep(store)
    assert not {one, two} & set(shown(client, shop, visitor=VISITOR))
    long_ago = NOW - IGNORED_FOR - timedelta(days=1)
    with writing(store.engine) as connection:
        connection.execute(update(tables.Unwanted).values(told_at=long_ago))
    upkeep(store)
    after = shown(client, shop, visitor=VISITOR)
    assert after[0] == before[0]
    assert two not in after
    # Ignored after it was dismissed: it was dismissed.
    say(client, shop, "ignore", two, VISITOR)
    with reading(store.engine) as connection:
        assert connection.scalars(select(tables.Unwanted.dismissed)).all() == [True]


def test_a_shopper_sees_what_is_held_of_it_and_forgetting_forgets_it(
    client: FlaskClient, shop: Shop
) -> None:
    before = shown(client, shop, visitor=VISITOR)
    say(client, shop, "dismiss", before[0], VISITOR)
    me, who = f"/v1/{shop.key}/me", {"Alongside-Visitor": VISITOR}
    (held,) = client.get(me, headers=who).json["unwanted"]
    assert (held["item"], held["why"]) == (before[0], "dismissed")
    assert client.delete(me, headers=who).status_code == 204
    assert client.get(me, headers=who).json["unwanted"] == []
    assert shown(client, shop, visitor=VISITOR) == before
