"""Does the official schema understand our questions, and do they keep to Shopify's rules?"""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from graphql import (
    FieldNode,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from connectors.shopify import queries
from connectors.shopify.api import VERSION
from tests.connectors.shopify.fake import schema
from tests.connectors.shopify.prices import MOST, price
from tests.connectors.shopify.texts import BULK, TEXTS

EACH = pytest.mark.parametrize("name", TEXTS)


@EACH
def test_a_question_is_valid_and_asks_for_nothing_deprecated(name: str) -> None:
    errors = validate(schema(), parse(TEXTS[name]), [*specified_rules, NoDeprecatedCustomRule])
    assert [error.message for error in errors] == []


# Protected customer data of level 2, and what else tells of a person: none of it is asked for.
PERSON = {
    "email", "phone", "firstName", "lastName", "displayName", "address", "addresses",
    "defaultAddress", "billingAddress", "shippingAddress", "clientIp", "customerLocale", "note",
    "customerJourneySummary", "landingPageUrl", "referrerUrl", "staffMember", "events",
}  # fmt: skip


def fields(node: Any) -> list[FieldNode]:
    found = [node] if isinstance(node, FieldNode) else []
    inner = getattr(node, "selection_set", None)
    for one in inner.selections if inner else ():
        found += fields(one)
    return found


def operation(text: str) -> OperationDefinitionNode:
    (found,) = parse(text).definitions
    assert isinstance(found, OperationDefinitionNode)
    return found


@EACH
def test_a_question_asks_for_no_person(name: str) -> None:
    assert not {field.name.value for field in fields(operation(TEXTS[name]))} & PERSON
    for field in fields(operation(TEXTS[name])):
        if field.name.value == "customer":
            assert [one.name.value for one in fields(field)] == ["customer", "id"]


def dearest(name: str) -> dict[str, Any]:
    rows = {
        "PRODUCTS": queries.PRODUCTS_A_PAGE,
        "ORDERS": queries.ORDERS_A_PAGE,
        "REFUNDED": queries.REFUND_IDS_A_PAGE,
        "REFUND_IDS": queries.REFUND_IDS_A_PAGE,
    }
    rows |= {f"REST[{of}]": most for of, (_, most) in queries.REST.items()}
    named = {
        "PRODUCTS_NAMED": queries.PRODUCTS_A_PAGE,
        "ORDERS_NAMED": queries.ORDERS_A_PAGE,
        "REFUNDS_NAMED": queries.REFUNDS_A_PAGE,
    }
    ids = ["gid://shopify/Order/1"] * named.get(name, 0)
    return {"first": rows.get(name, queries.IDS_A_PAGE), "ids": ids}


@EACH
def test_a_question_costs_less_than_shopify_allows(name: str) -> None:
    variables = dearest(name)
    assert variables["first"] <= 250
    assert 0 < price(schema(), parse(TEXTS[name]), variables) < MOST


@pytest.mark.parametrize(
    ("name", "variables", "cost"),
    [
        # Sums done on paper: 2 and 1 for a page, and 250 rows of 1.
        ("PRODUCT_IDS", {"first": 250}, 253),
        # 12 orders of 18 (itself, customer, attributes, 6 amounts of 2, a page of 3) and 5 lines
        # of 12 (itself, product, variant, group, an amount of 2, two lists of 3).
        ("ORDERS", {"first": 12}, 3 + 12 * (18 + 5 * 12)),
    ],
)
def test_the_fake_charges_by_the_published_rules(
    name: str, variables: dict[str, Any], cost: int
) -> None:
    assert price(schema(), parse(TEXTS[name]), variables) == cost


def depth(node: FieldNode, parent: str = "") -> int:
    inner = max((depth(one) for one in _children(node)), default=0)
    return inner + (1 if any(one.name.value == "edges" for one in _children(node)) else 0)


def _children(node: Any) -> list[FieldNode]:
    found = node.selection_set.selections if node.selection_set else ()
    return [one for one in found if isinstance(one, FieldNode)]


@pytest.mark.parametrize("name", BULK)
def test_a_bulk_question_keeps_to_the_rules_of_bulk_operations(name: str) -> None:
    found = fields(operation(BULK[name]))
    assert all(field.name.value not in ("nodes", "pageInfo") for field in found)
    connections = [f for f in found if any(c.name.value == "edges" for c in _children(f))]
    assert 1 <= len(connections) <= 5
    (root,) = _children(operation(BULK[name]))
    assert depth(root) <= 2
    for connection in connections:
        (edges,) = _children(connection)
        (node,) = _children(edges)
        names = [one.name.value for one in _children(node)]
        assert "id" in names
        assert "__typename" in names


def test_in_bulk_the_same_is_asked_for_as_page_by_page() -> None:
    for bulk, paged in (("BULK_PRODUCTS", "PRODUCTS"), ("BULK_ORDERS", "ORDERS")):
        leaves = [
            {f.name.value for f in fields(operation(TEXTS[name]))} - {"__typename"}
            for name in (bulk, paged)
        ]
        assert leaves[0] - {"edges", "node"} == leaves[1] - {"nodes", *_PAGE}


_PAGE = {"pageInfo", "hasNextPage", "endCursor"}


def test_the_version_stands_in_one_place() -> None:
    found = subprocess.run(
        ["git", "grep", "-lF", VERSION, "--", "*.py", "*.graphql"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    places = [p for p in found.stdout.split() if re.match(r"(connectors|plugin|scheduler)/", p)]
    assert places == ["connectors/shopify/api.py"]
