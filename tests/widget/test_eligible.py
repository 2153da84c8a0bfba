"""Whether a page has a shelf at all, and what leads it, is one question in both arms of a test,
also where hardly anything can be sold or listed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from experiments import token
from store import engine as engines
from store import tables
from store.keys import Ring
from store.reads import models, shelf
from store.reads.shop_config import ShopConfig, shop_config
from tests.bench.big_shop import external, make
from tests.shops import SECRET
from widget import answer, query

PAGE = 7
DEEP = 20  # further back than a shelf of one looks at first, and at second


@pytest.fixture(scope="module")
def sold_out(tmp_path_factory: pytest.TempPathFactory) -> tuple[engines.Serving, ShopConfig, int]:
    """A shop with one product left: it stands in the list of the page, far behind."""
    folder: Path = tmp_path_factory.mktemp("eligible")
    engine = engines.open(f"sqlite:///{folder / 'store.sqlite'}")
    ring = Ring([SECRET])
    shop = make(engine, ring, 400)
    with engines.reading(engine) as connection:
        (model,) = models.every(connection, shop.id)
        listed = shelf.lists(connection, model.id, [f"blend:{PAGE}"])[f"blend:{PAGE}"]
    left = listed[DEEP].product
    assert left not in [entry.product for entry in listed[:DEEP]]
    with engines.writing(engine) as connection:
        connection.execute(update(tables.Card).values(sellable=tables.Card.product_id == left))
        config = shop_config(connection, ring, shop.key)
    assert config is not None
    return engines.Serving(engine), config, left


def test_one_product_that_is_left_makes_a_shelf_however_far_behind_it_stands(
    sold_out: tuple[engines.Serving, ShopConfig, int],
) -> None:
    serving, config, left = sold_out
    seen = set()
    for number in range(12):
        asked = query.ShelfQuery(
            "also_bought", external(PAGE), f"visitor-{number:012d}", limit=1, recent=(external(9),)
        )
        found = answer.answer(serving, config, asked, datetime.now(UTC))
        assert found.eligible
        if found.arm == "treatment":
            assert [item.product for item in found.items] == [left]
        seen.add(found.arm)
    assert seen == {"treatment", "control"}


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> tuple[engines.Serving, ShopConfig]:
    """A shop that has no ensemble's list of the page, and short ones of a product in the cart."""
    folder: Path = tmp_path_factory.mktemp("sparse")
    engine = engines.open(f"sqlite:///{folder / 'store.sqlite'}")
    ring = Ring([SECRET])
    shop = make(engine, ring, 400)
    lists = tables.ListRow
    with engines.writing(engine) as connection:
        connection.execute(delete(lists).where(lists.slot == f"blend:{PAGE}"))
        config = shop_config(connection, ring, shop.key)
    assert config is not None
    return engines.Serving(engine), config


@pytest.mark.parametrize(("cart", "leads"), [((), "bought_together"), ((external(9),), "blend")])
def test_what_leads_the_shelf_is_told_alike_in_both_arms(
    sparse: tuple[engines.Serving, ShopConfig], cart: tuple[str, ...], leads: str
) -> None:
    serving, config = sparse
    told = set()
    for number in range(12):
        visitor = f"visitor-{number:012d}"
        asked = query.ShelfQuery("also_bought", external(PAGE), visitor, cart=cart, limit=12)
        found = answer.answer(serving, config, asked, datetime.now(UTC))
        facts = token.read(config.keys.token, found.token or "")
        assert facts is not None
        told.add((facts.arm, facts.led_by))
    assert told == {("treatment", leads), ("control", leads)}
