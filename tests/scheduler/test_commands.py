"""sync, import, train, models and rollback, as an owner types them, typing errors included."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduler import sync
from store.engine import reading
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from tests.commands import run, told
from tests.living import DemoShop, connect
from tests.shops import NAME, fill


@pytest.fixture
def shop(store: Store) -> Shop:
    return fill(store, trained=False)


@pytest.mark.parametrize("command", ["sync", "train", "models", "rollback", "import"])
def test_an_unknown_shop_is_answered_with_those_there_are(
    store: Store, shop: Shop, command: str, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("order_id,placed_at,product_id\n")
    extra = ("--orders", str(file)) if command == "import" else ()
    result = run(store, command, "Smal shop", *extra)
    assert result.exit_code == 1
    assert "No shop has the key or name 'Smal shop'" in result.output
    assert NAME in result.output
    assert "Traceback" not in result.output


def test_a_shop_may_be_named_by_its_key_or_its_name(store: Store, shop: Shop) -> None:
    assert told(store, "models", shop.key) == told(store, "models", shop.name) == []


def test_sync_says_what_it_brought(store: Store, demo: DemoShop) -> None:
    connected = connect(store, demo)
    assert told(store, "sync", connected.key)["saved"] == {
        "products": 3_791,
        "orders": 400,
        "refunds": 0,
    }
    again = run(store, "sync", connected.key)
    assert again.exit_code == 0
    assert again.output == "Demo is up to date: 0 products, 0 orders, 0 refunds.\n"


def test_a_shop_of_files_has_nothing_to_sync(store: Store, shop: Shop) -> None:
    result = run(store, "sync", shop.key)
    assert result.exit_code == 1
    assert "flask import" in result.output


def test_a_shop_that_cannot_be_reached_is_one_sentence(
    store: Store, demo: DemoShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "PERSONS", sync.Patience(times=0))
    gone = connect(store, DemoShop("http://127.0.0.1:9", demo.folder, demo.key, demo.secret))
    result = run(store, "sync", gone.key)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert demo.secret not in result.output


def test_training_prints_every_strategy_beside_bestsellers(store: Store, shop: Shop) -> None:
    printed = run(store, "train", shop.key)
    assert printed.exit_code == 0, printed.output
    for word in ("bestsellers", "bought_together", "similar", "shelf", "NDCG@10", "Gini"):
        assert word in printed.output
    assert "also_bought: live. Promoted" in printed.output
    done = told(store, "train", shop.key)
    assert done["version"] == 2
    assert {"shelf", "bestsellers"} <= {m["strategy"] for m in done["measures"]}
    measured = [m for m in done["measures"] if m["metric"] == "ndcg@10"]
    assert all(m["low"] <= m["value"] <= m["high"] for m in measured)


def test_models_and_rollback_tell_what_is_live(store: Store, shop: Shop) -> None:
    for _ in range(2):
        told(store, "train", shop.key)
    assert "also_bought" in told(store, "models", shop.key)[0]["live"]
    assert told(store, "rollback", shop.key) == {"version": 1}
    newest, older = told(store, "models", shop.key)
    assert (newest["live"], "also_bought" in older["live"]) == ([], True)
    assert "2" in run(store, "models", shop.key).output
    missing = run(store, "rollback", shop.key, "7")
    assert missing.exit_code == 1
    assert "Versions with their lists: 2, 1" in missing.output


def test_until_wants_an_instant(store: Store, shop: Shop) -> None:
    result = run(store, "train", shop.key, "--until", "last Tuesday")
    assert result.exit_code == 2
    assert "ISO 8601" in result.output


def test_an_import_keeps_what_can_be_read_and_names_the_rest(
    store: Store, shop: Shop, tmp_path: Path
) -> None:
    products, orders = tmp_path / "products.csv", tmp_path / "orders.csv"
    products.write_text("product_id,title,price\nn1,New lamp,12.50\nn2,,3\n")
    orders.write_text(
        "order_id,customer_id,placed_at,product_id,quantity,unit_price\n"
        "n-1,c1,2026-11-01T10:00:00Z,n1,2,12.50\n"
        "n-2,,yesterday,n1,1,12.50\n"
    )
    line = ("import", shop.key, "--products", str(products), "--orders", str(orders))
    done = told(store, *line)
    assert (done["products"]["read"], done["products"]["rejected"]) == (1, 1)
    assert (done["orders"]["read"], done["orders"]["rejected"]) == (1, 1)
    assert "3," in Path(done["orders"]["rejects"]).read_text()
    with reading(store.engine) as connection:
        before = shops.counts(connection, shop.id)
    told(store, *line)
    with reading(store.engine) as connection:
        assert shops.counts(connection, shop.id) == before


def test_an_import_of_nothing_says_what_to_name(store: Store, shop: Shop) -> None:
    result = run(store, "import", shop.key)
    assert result.exit_code == 2
    assert "--products FILE or --orders FILE" in result.output
