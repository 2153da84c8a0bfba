"""What a shelf asks of the store stays a look-up, however many shoppers a shop has."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from sqlalchemy import select

from store import engine as engines
from store import tables
from store.engine import Serving, reading, writing
from store.reads import shelf, shopper
from store.records import ShopFacts
from store.writes import catalogue
from store.writes.shops import add_shop
from tests.shops import NOW, open_store, product


class Noting(Serving):
    """Notes every statement and its values."""

    def __init__(self, engine: engines.Engine) -> None:
        super().__init__(engine)
        self.asked: list[tuple[str, Sequence[Any]]] = []

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        self.asked.append((sql, values))
        return super().rows(sql, values)


@pytest.fixture
def serving(sqlite_template: Path, tmp_path: Path) -> Noting:
    """A store that has never counted its tables, as one is in its first days."""
    copy(sqlite_template, tmp_path / "store.sqlite")
    return Noting(engines.open(f"sqlite:///{tmp_path / 'store.sqlite'}"))


def test_no_statement_of_a_shelf_walks_through_all_shoppers_of_a_shop(serving: Noting) -> None:
    visitor = b"v" * 16
    named = shelf.Named(page="p1", of_page=("blend:",), of_category=("bestseller:",))
    signed = named._replace(anchors=("p2",), of_anchors=("blend:",), visitor=visitor)
    shelf.named_lists(serving, 1, 1, named)
    shelf.named_lists(serving, 1, 1, signed._replace(customer=7))
    shelf.named_lists(serving, 1, 1, signed._replace(tests=(1, 2)))
    shelf.cards(serving, [1, 2, 3], traits=True)
    shopper.unwanted(serving, 1, 7)
    asked = list(serving.asked)
    steps = [row[3] for sql, values in asked for row in serving.rows(_plan(sql), values)]
    of_shoppers = re.compile(r"\b(exposures|identities|mine|other|i)\b")
    looked_up = [step for step in steps if of_shoppers.search(step)]
    assert len(looked_up) >= 4, steps
    for step in looked_up:
        assert re.search(r"\((shop_id|experiment_id)=\? AND (visitor|customer_id)=\?", step), step
    # What is walked through is what the page has named, and what was found of it.
    walked = {step for step in steps if step.startswith("SCAN")}
    walked = {step for step in walked if not re.fullmatch(r"SCAN (\d+ )?CONSTANT ROWS?", step)}
    assert walked <= {"SCAN named", "SCAN found"}


TITLES = ("plain", "Lämpchen", 'a "quoted" \\ one', "lamp 💡 for 5 €", "between\x1etwo", "")


@pytest.mark.parametrize("traits", [False, True])
def test_cards_come_back_whole_and_each_for_itself_whatever_their_letters(
    engine: engines.Engine, traits: bool
) -> None:
    store = open_store(engine)
    told = [product(number, title=title) for number, title in enumerate(TITLES)]
    with writing(engine) as connection:
        facts = ShopFacts("Letters", "https://shop.example", "GBP", "Europe/London")
        shop_id, _ = add_shop(connection, store.ring, "files", facts, {}, NOW)
        catalogue.save_products(connection, shop_id, told)
    with reading(engine) as connection:
        c = tables.Card
        stored = connection.execute(select(c.product_id, c.external_id, c.body)).all()
    keys = [key for key, *_ in stored]
    found = shelf.cards(Serving(engine), [*keys, 999], traits)
    assert [(it.product, it.id, it.body) for it in found.values()] == [tuple(it) for it in stored]
    assert sorted(json.loads(it.body + "}")["title"] for it in found.values()) == sorted(TITLES)
    assert all(bool(it.kind) is traits for it in found.values())
    assert shelf.cards(Serving(engine), [999], traits) == {}


def _plan(sql: str) -> str:
    return f"EXPLAIN QUERY PLAN {sql}"
