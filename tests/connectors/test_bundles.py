"""A bundle's parts are no evidence of what shoppers put together: the bundle is what they chose.

`tests/golden/woocommerce/bundles.json` holds orders as the plugins' own references say that they
write them: Product Bundles and Composite Products (https://woocommerce.com/documentation) and WPC
Product Bundles.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.woocommerce import parse

CASES = json.loads(
    (Path(__file__).parents[1] / "golden" / "woocommerce" / "bundles.json").read_text()
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_a_part_counts_as_the_bundle_that_was_chosen(case: dict[str, Any]) -> None:
    order = parse.order(case["order"])
    chosen = {line.id: [line.product_id, line.variant_id, line.title] for line in order.lines}
    assert chosen == case["chosen"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_money_and_pieces_stay_where_the_shop_has_them(case: dict[str, Any]) -> None:
    row = case["order"]
    lines = {line.id: line for line in parse.order(row).lines}
    alone = [parse.order(row | {"line_items": [only]}).lines[0] for only in row["line_items"]]
    for line in alone:
        told = lines[line.id]
        assert (told.quantity, told.gross_minor, told.discount_minor, told.tax_minor) == (
            line.quantity, line.gross_minor, line.discount_minor, line.tax_minor,
        )  # fmt: skip
    assert sum(line.gross_minor for line in lines.values()) == parse.order(row).total_minor


@pytest.mark.parametrize("value", ["", None, 0, "0", [], {}, "x", -3, 999, True, 1.5])
@pytest.mark.parametrize("name", ["bundled_by", "composite_parent"])
def test_what_names_no_line_of_the_order_changes_nothing(name: str, value: object) -> None:
    row = CASES[0]["order"]
    lines = [{**line, "bundled_by": "", name: value} for line in row["line_items"]]
    read = parse.order(row | {"line_items": lines}).lines
    assert [line.product_id for line in read] == ["70", "71", "72", "80"]
