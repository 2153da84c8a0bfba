"""After an erasure no byte of the person is left: in the database's files, its log, or exports.

A person is planted with everything that names them, the shop is trained and served, they are
erased, and every file is searched for the e-mail, the ids and each hash of them.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from scheduler.importing import import_orders
from scheduler.train import train
from scheduler.upkeep import upkeep
from store import tables
from store.engine import reading, writing
from store.keys import digest, email_digest
from store.opening import Store
from store.reads import shops
from store.reads.overview import waiting
from store.reads.shops import Shop
from store.records import Order, OrderLine
from store.writes import orders
from store.writes.privacy import forget_visitor
from tests.plugin.site import NOON, Site, send
from widget.app import create_app as create_storefront

EMAIL = "planted.person@example.org"
ACCOUNT = "planted-account-4711"
VISITOR = "planted0visitor0id0of0a0browser0"


def plant(store: Store, shop: Shop, account: str | None = ACCOUNT) -> tuple[int, list[bytes]]:
    """A customer with orders, a browser, events and a list; their key, and all that names them."""
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOON).pepper
        now = datetime.now(UTC)
        orders.save_orders(
            connection,
            shop.id,
            pepper,
            [
                Order(
                    id=f"planted{n}", placed_at=now - timedelta(days=n + 1), updated_at=now,
                    currency="GBP", status="paid", total_minor=1_000, customer_id=account,
                    email=EMAIL, visitor=VISITOR,
                    lines=tuple(
                        OrderLine(f"l{n}-{i}", f"p{2 * n + i}", 1, 500, token=f"token-of-{VISITOR}")
                        for i in range(2)
                    ),
                )
                for n in range(5)
            ],
        )  # fmt: skip
        visitor = digest(pepper, "visitor", VISITOR)
        connection.execute(
            insert(tables.Event),
            [
                {
                    "shop_id": shop.id, "id": os.urandom(16), "type": "view", "visitor": visitor,
                    "received_at": now,
                }
                for _ in range(300)
            ],
        )  # fmt: skip
        key = connection.scalar(
            select(tables.CustomerDigest.customer_id).where(
                tables.CustomerDigest.digest == email_digest(pepper, EMAIL)
            )
        )
    assert key
    hashes = [visitor, digest(pepper, "customer", ACCOUNT), email_digest(pepper, EMAIL)]
    return key, [EMAIL.encode(), ACCOUNT.encode(), VISITOR.encode(), *hashes]


def found_in(folder: Path, planted: list[bytes]) -> dict[str, list[int]]:
    """File -> which of the planted stand in it, as bytes or in hexadecimal."""
    found: dict[str, list[int]] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            for n, it in enumerate(planted):
                if it in held or it.hex().encode() in held:
                    found.setdefault(path.name, []).append(n)
    return found


def test_no_byte_of_an_erased_person_is_left_in_any_file(
    store: Store, shop: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = Path(str(store.engine.url.database)).parent
    key, planted = plant(store, shop)
    train(store, shop, lambda step: None)
    site = Site(store)
    owner = site.owner_of(shop)
    storefront = create_storefront(store).test_client()
    storefront.get(f"/v1/{shop.key}/shelf?placement=also_bought&product=p4&visitor={VISITOR}")
    broken = folder / "orders.csv"
    columns = "order_id,customer_id,placed_at,product_id,quantity,visitor_id"
    broken.write_text(f"{columns}\n9,{EMAIL},2026-01-01T00:00:00Z,p1,many,{VISITOR}\n")
    assert import_orders(store, shop, broken, None, None, lambda *_: None).rejected == 1
    broken.unlink()  # the owner's own file; the rejects stay
    assert (folder / "orders.csv.rejects.csv").exists()
    assert len(found_in(folder, planted)) > 0  # the search finds what is there
    with reading(store.engine) as connection:
        own = select(tables.ListRow.slot).where(tables.ListRow.slot.like(f"%:{key}"))
        assert any(slot.startswith("personal") for slot in connection.scalars(own))

    page = f"/admin/shops/{shop.key}/privacy/"
    done = send(owner, page, page + "erase", kind="customer", named=EMAIL, sure="yes")
    assert done.status_code == 303
    owner.get(page)
    told = send(owner, page, page + "person", kind="customer", named=ACCOUNT)
    assert told.status_code == 422

    train(store, shop, lambda step: None)  # what was asked for: models forget as well
    upkeep(store)
    assert found_in(folder, planted) == {}
    assert not [
        line for line in caplog.messages if any(p.decode("latin1") in line for p in planted)
    ]
    with reading(store.engine) as connection:
        # The same orders come again with a full sync: amounts follow, the person does not.
        kept = connection.execute(
            select(tables.Order.customer_id, tables.Order.total_minor).where(
                tables.Order.external_id.like("planted%")
            )
        ).all()
        newest = connection.scalar(select(tables.Model.id).order_by(tables.Model.id.desc()))
        personal = connection.scalars(
            select(tables.ListRow.slot).where(
                tables.ListRow.model_id == newest, tables.ListRow.slot.like(f"%:{key}")
            )
        ).all()
    assert kept == [(None, 1_000)] * 5
    assert not [slot for slot in personal if slot.startswith(("personal", "repurchase", "for_you"))]


def test_a_guest_who_erases_in_the_browser_leaves_no_byte_either(store: Store, shop: Shop) -> None:
    folder = Path(str(store.engine.url.database)).parent
    key, planted = plant(store, shop, account=None)
    train(store, shop, lambda step: None)
    own = select(tables.ListRow.slot).where(tables.ListRow.slot.like(f"personal:{key}"))
    with reading(store.engine) as connection:
        assert connection.scalar(own)
    me = {"Alongside-Visitor": VISITOR}
    done = create_storefront(store).test_client().delete(f"/v1/{shop.key}/me", headers=me)
    assert done.status_code == 204
    with reading(store.engine) as connection:
        assert connection.scalar(own) is None
        assert waiting(connection, shop.id).keys() == {"train"}
    upkeep(store)
    assert found_in(folder, planted) == {}


def test_who_has_an_account_keeps_it_when_a_browser_is_erased(store: Store, shop: Shop) -> None:
    key, _ = plant(store, shop)
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOON).pepper
        visitor = digest(pepper, "visitor", VISITOR)
        forget_visitor(connection, shop.id, visitor, "shopper", NOON)
        theirs = select(tables.Order.customer_id).where(tables.Order.external_id.like("planted%"))
        assert connection.scalars(theirs).all() == [key] * 5


def test_an_order_that_comes_again_plants_nothing(store: Store, shop: Shop) -> None:
    folder = Path(str(store.engine.url.database)).parent
    _, planted = plant(store, shop)
    site = Site(store)
    page = f"/admin/shops/{shop.key}/privacy/"
    send(site.owner_of(shop), page, page + "erase", kind="customer", named=ACCOUNT, sure="yes")
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOON).pepper
        orders.save_orders(
            connection,
            shop.id,
            pepper,
            [
                Order(
                    id="planted0", placed_at=NOON, updated_at=datetime.now(UTC), currency="GBP",
                    status="paid", total_minor=900, customer_id=ACCOUNT, email=EMAIL,
                    visitor=VISITOR,
                    lines=(OrderLine("l0", "p1", 1, 900, token=f"token-of-{VISITOR}"),),
                )
            ],
        )  # fmt: skip
    upkeep(store)
    assert found_in(folder, planted) == {}
