"""`flask recommend`: many questions at once, answered as the shelf would answer them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from store import tables
from store.engine import writing
from store.opening import Store
from store.reads.shops import Shop
from tests.commands import run, told


def answers(
    store: Store, shop: Shop, folder: Path, queries: str, placement: str, *options: str
) -> list[dict[str, str]]:
    source, output = folder / "queries.csv", folder / "answers.csv"
    source.write_text("query_id,products,customer,cart,at\n" + queries)
    told(
        store, "recommend", shop.key, "--placement", placement, "--queries", str(source),
        "--output", str(output), *options,
    )  # fmt: skip
    with output.open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_answers_as_the_shelf_does(
    store: Store, shop: Shop, tmp_path: Path, client: FlaskClient
) -> None:
    rows = answers(store, shop, tmp_path, "q1,p4|p8,,p2,\n", "also_bought", "--k", "8")
    shelf = client.get(
        f"/v1/{shop.key}/shelf?placement=also_bought&product=p4&recent=p8&cart=p2&limit=8"
    ).json["items"]
    assert [row["product_id"] for row in rows] == [item["id"] for item in shelf]
    assert [row["reason"] for row in rows] == [item["reason"] for item in shelf]
    assert [row["rank"] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    assert set(rows[0]) == {"query_id", "rank", "product_id", "score", "strategy", "reason"}


def test_empty_fields_and_unknown_ids_get_the_fallback(
    store: Store, shop: Shop, tmp_path: Path
) -> None:
    rows = answers(store, shop, tmp_path, "q1,,,,\nq2,nope,nobody,what,\n", "also_bought")
    by_query = {q: [r["product_id"] for r in rows if r["query_id"] == q] for q in ("q1", "q2")}
    assert by_query["q1"] == by_query["q2"]
    assert len(by_query["q1"]) == 10


def test_novel_leaves_out_what_the_customer_has_bought(
    store: Store, shop: Shop, tmp_path: Path
) -> None:
    with writing(store.engine) as connection:  # serve everything, whatever the gate said
        connection.execute(
            update(tables.Live)
            .where(tables.Live.placement == "you_might_like")
            .values(strategies=["repurchase", "bought_together", "bestseller"])
        )
    usual = answers(store, shop, tmp_path, "q,,c1,,\n", "you_might_like")
    novel = answers(store, shop, tmp_path, "q,,c1,,\n", "you_might_like", "--novel")
    early = answers(store, shop, tmp_path, "q,,c1,,2020-01-01T00:00:00Z\n", "you_might_like")
    bought = {row["product_id"] for row in usual if row["strategy"] == "repurchase"}
    assert bought
    assert not bought & {row["product_id"] for row in novel}
    assert early  # before anything was bought: still an answer


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id,products\n1,p1\n", "must begin with the header"),
        ("query_id,products,customer,cart,at\n1,p1,,,soon\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_by_its_line(
    store: Store, shop: Shop, tmp_path: Path, text: str, fault: str
) -> None:
    source = tmp_path / "queries.csv"
    source.write_text(text)
    result = run(
        store, "recommend", shop.key, "--placement", "also_bought", "--queries", str(source),
        "--output", str(tmp_path / "out.csv"),
    )  # fmt: skip
    assert result.exit_code == 1
    assert fault in result.output


def test_a_mistyped_placement_is_answered_with_those_there_are(store: Store, shop: Shop) -> None:
    result = run(store, "recommend", shop.key, "--placement", "also_buyed")
    assert result.exit_code == 2
    assert "also_bought" in result.output
