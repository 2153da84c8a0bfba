"""No request, however odd, breaks the shop: an answer, or a refusal in JSON, never a 5xx."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = (
    "per_page page offset order orderby status include exclude modified_after before after"
    " dates_are_gmt _fields dp customer product category sku search stock_status include_status"
).split()
odd = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["²", "٣", "1e9", "-0", "9" * 30, "a.b.c", "a,a.b", "2026-01-01T00:00:00Z"]),
    st.integers().map(str),
)
value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=4,
)


@settings(max_examples=60)
@given(
    room=st.sampled_from(["orders", "products", "refunds", "products/categories", "webhooks"]),
    query=st.dictionaries(st.sampled_from(NAMES), odd, min_size=1, max_size=3),
)
def test_odd_questions_get_an_answer(battered_shop: Any, room: str, query: dict[str, str]) -> None:
    text = "&".join(f"{name}={quote(part)}" for name, part in query.items())
    answer = battered_shop.browser.get(
        f"/wp-json/wc/v3/{room}?{text}&consumer_key={battered_shop.key}"
        f"&consumer_secret={battered_shop.secret}",
        base_url="https://shop.test",
    )
    assert answer.status_code in (200, 400), answer.text
    json.loads(answer.data)


@settings(max_examples=60)
@given(
    path=st.sampled_from(["/products/1001", "/orders/{}", "/orders/{}/refunds", "/webhooks"]),
    body=st.dictionaries(
        st.sampled_from(
            "name status regular_price sale_price stock_status meta_data customer_note amount"
            " line_items reason topic delivery_url secret".split()
        ),
        value
        | st.sampled_from(["NaN", "Infinity", "\x00", "order.updated", "http://[", "completed"])
        | st.lists(
            st.fixed_dictionaries({"id": value, "quantity": value, "key": value}), max_size=2
        ),
        max_size=3,
    ),
)
def test_odd_changes_are_made_or_refused(battered_shop: Any, path: str, body: Any) -> None:
    (id,) = battered_shop.sql("SELECT min(id) FROM orders")[0]
    method = "POST" if path.endswith(("refunds", "webhooks")) else "PUT"
    answer = battered_shop.ask(path.format(id), method, json=body)
    known = "woocommerce_rest_cannot_create_order_refund"  # the real shop's own 500
    assert answer.status_code in (200, 201, 400) or answer.json["code"] == known, answer.text


def test_ids_that_no_row_can_have_are_not_found(battered_shop: Any) -> None:
    for room in ("orders", "products", "customers", "products/categories", "webhooks"):
        assert battered_shop.ask(f"/{room}/{10**30}").status_code == 404
    for path in (f"/pictures/{10**30}.svg", f"/?p={10**30}", "/?p=²", "/product/%ff/"):
        assert battered_shop.browser.get(path).status_code in (200, 404)
    for id in ("9" * 30, "²", "-1", ""):
        answer = battered_shop.browser.post("/?wc-ajax=add_to_cart", data={"product_id": id})
        assert answer.json["error"] is True
