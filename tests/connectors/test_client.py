"""Does the client read a whole WooCommerce shop over HTTP, and name what hinders it?"""

from __future__ import annotations

import pytest
import time_machine
from werkzeug.wrappers import Response

from connectors.errors import AccessRevoked, ConnectorError, Misconfigured, TryLater, Unreadable
from connectors.woocommerce.client import WooCommerce
from store.records import ShopFacts
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, refused, reply
from tests.connectors.golden import told


def rows(pages) -> list:
    return [row for page in pages for row in page.rows]


# --- reading -------------------------------------------------------------------------------------


def test_a_whole_shop_arrives(client: WooCommerce) -> None:
    products = rows(client.products())
    assert {p.id for p in products} == {
        str(r["id"]) for r in told("products") + told("products-trash")
    }
    assert len(rows(client.orders())) == 199
    assert len(rows(client.refunds())) == 17


def test_products_come_with_their_variations_and_categories(client: WooCommerce) -> None:
    hoodie = next(p for p in rows(client.products()) if p.id == "34")
    assert len(hoodie.variants) == 4
    assert [c.name for c in hoodie.categories] == ["Hoodies", "Clothing"]
    assert hoodie.currency == "USD"


def test_nothing_of_a_customer_but_the_email_is_asked_for(shop: FakeShop, client) -> None:
    list(client.orders())
    fields = shop.asked[-1].args["_fields"].split(",")
    assert [f for f in fields if "billing" in f or "shipping" in f] == [
        "shipping_total",
        "billing.email",
    ]
    assert not {"customer_ip_address", "customer_user_agent", "customer_note"} & set(fields)


def test_a_quiet_shop_costs_one_question_a_list(shop: FakeShop, client) -> None:
    *_, last = client.orders()
    shop.asked.clear()
    assert rows(client.orders(last.cursor)) == []
    assert len(shop.asked) == 2  # the orders and their trash


def test_only_what_changed_since_comes_again(shop: FakeShop, client) -> None:
    *_, last = client.orders()
    changed = dict(shop.lists["orders"][5])
    changed |= {"status": "cancelled", "date_modified_gmt": "2026-11-22T09:00:00"}
    shop.lists["orders"][5] = changed
    [order] = rows(client.orders(last.cursor))
    assert (order.id, order.status) == (str(changed["id"]), "cancelled")


@time_machine.travel("2026-11-25T12:00:00Z")
def test_a_scheduled_product_is_stamped_with_its_day_and_comes_again_until_then(client) -> None:
    *_, last = client.products()
    [scheduled] = rows(client.products(last.cursor))
    assert (scheduled.withheld, scheduled.updated_at.isoformat()[:10]) == ("future", "2026-12-21")
    with time_machine.travel("2026-12-25T12:00:00Z"):
        *_, last = client.products(last.cursor)
        assert rows(client.products(last.cursor)) == []


def test_a_row_that_cannot_be_read_is_named_and_holds_up_no_other(shop: FakeShop, client) -> None:
    broken = shop.lists["orders"][3] | {"total": "12,50"}
    shop.lists["orders"][3] = broken
    pages = list(client.orders())
    assert len(rows(pages)) == 198
    [said] = [said for page in pages for said in page.rejected]
    assert said.startswith(f"orders/{broken['id']}: total: '12,50' is not an amount")


def test_a_refund_is_read_in_the_currency_of_its_order(shop: FakeShop, client) -> None:
    refund = shop.lists["refunds"][0]
    order = next(o for o in shop.lists["orders"] if o["id"] == refund["parent_id"])
    shop.lists["orders"][shop.lists["orders"].index(order)] = order | {"currency": "KWD"}
    found = next(r for r in rows(client.refunds()) if r.id == str(refund["id"]))
    assert found.total_minor == 248_860


def test_ids_are_swept_and_rows_found_by_name(client: WooCommerce) -> None:
    assert set(rows(client.order_ids())) == {
        str(r["id"]) for r in told("orders") + told("orders-trash")
    }
    assert len(rows(client.product_ids())) == 155
    assert len(rows(client.refund_ids())) == 17
    named = rows(client.products_named(["222", "34", "34", "999"]))
    assert {p.id: p.withheld for p in named} == {"34": "", "222": "trash"}
    [trashed] = rows(client.orders_named([str(told("orders-trash")[0]["id"])]))
    assert trashed.status == "cancelled"


# --- faults --------------------------------------------------------------------------------------


def html(status: int, text: str = "<!doctype html><h1>Maintenance</h1>") -> Response:
    return Response(text, status, mimetype="text/html")


@pytest.mark.parametrize(
    "fault",
    [
        html(503),
        html(502),
        reply({"code": "internal_server_error"}, 500),
        reply({}, 429, {"Retry-After": "7"}),
        Response('[{"id": 229, "status": "comp', 200, mimetype="application/json"),
        Response("", 200, mimetype="application/json"),
    ],
    ids=["503", "502", "500", "429", "cut off", "empty"],
)
def test_a_passing_fault_is_tried_again_with_a_new_signature(shop, client, waits, fault) -> None:
    client.currency()
    shop.faults = [fault]
    assert len(rows(client.orders())) == 199  # a spent nonce would have been refused
    assert len(waits) == 1


def test_as_long_as_a_shop_asks_to_wait_so_long_is_waited(shop, client, waits) -> None:
    shop.faults = [reply({}, 429, {"Retry-After": "7"})]
    client.currency()
    assert waits == [7]


def test_a_long_wait_is_the_callers_to_decide(shop, client, waits) -> None:
    client.currency()
    shop.faults = [reply({}, 503, {"Retry-After": "3600"})]
    with pytest.raises(TryLater) as error:
        list(client.orders())
    assert (error.value.after_s, waits) == (3600, [])


def test_a_shop_that_stays_down_is_left_for_later_and_the_cursor_goes_on(shop, client) -> None:
    pages = client.orders()
    first = next(pages)
    shop.faults = [html(503) for _ in range(4)]
    with pytest.raises(TryLater):
        list(pages)
    rest = rows(client.orders(first.cursor))
    assert {o.id for o in (*first.rows, *rest)} == {
        str(r["id"]) for r in told("orders") + told("orders-trash")
    }


def test_a_page_in_place_of_data_is_said_to_be_one(shop, client) -> None:
    client.currency()
    shop.faults = [html(200)]
    with pytest.raises(Unreadable, match="a web page came in place of data"):
        list(client.orders())


def test_a_firewall_is_named(shop, client) -> None:
    client.currency()
    shop.faults = [html(403)]
    with pytest.raises(Misconfigured, match="firewall"):
        list(client.orders())


def test_a_redirect_to_another_host_is_not_followed(shop, client) -> None:
    client.currency()
    shop.faults = [Response("", 301, {"Location": "https://other.example/x?consumer_secret=s"})]
    with pytest.raises(Misconfigured, match=r"sends us on to https://other\.example\.") as error:
        list(client.orders())
    assert "consumer_secret" not in str(error.value)


def test_a_revoked_key_stops_the_sync(shop, client) -> None:
    client.currency()
    shop.faults = [refused("woocommerce_rest_authentication_error", "Consumer key is invalid.")]
    with pytest.raises(AccessRevoked, match="Consumer key is invalid"):
        list(client.orders())


def test_totals_taken_away_by_a_proxy_are_named(shop, client) -> None:
    client.currency()
    shop.faults = [reply([])]
    with pytest.raises(Misconfigured, match="X-WP-Total"):
        list(client.orders())


def test_a_clock_that_is_wrong_by_an_hour_still_signs_what_the_shop_accepts(shop, client) -> None:
    shop.clock_s = 3600
    assert client.currency() == "USD"


# --- check ---------------------------------------------------------------------------------------


def test_a_good_connection_tells_what_the_shop_says_of_itself(shop, client) -> None:
    assert client.check() == ShopFacts("Lab & Sons", shop.url, "USD", "America/New_York")


@pytest.mark.parametrize(
    ("offset", "zone"), [("0", "UTC"), (5.5, "+05:30"), ("-3.5", "-03:30"), ("x", "UTC")]
)
def test_a_shop_without_a_named_time_zone_has_an_offset(shop, client, offset, zone) -> None:
    shop.index |= {"timezone_string": "", "gmt_offset": offset}
    assert client.check().timezone == zone


def connect(shop: FakeShop, session, key=KEY, secret=SECRET, url=None) -> WooCommerce:
    return WooCommerce(url or shop.url, key, secret, allow_private=True, session=session)


def test_a_wrong_secret_is_named(shop, session) -> None:
    with pytest.raises(Misconfigured, match="the secret is wrong"):
        connect(shop, session, secret="cs_wrong").check()


def test_an_unknown_key_is_named(shop, session) -> None:
    with pytest.raises(Misconfigured, match="does not know this key"):
        connect(shop, session, key="ck_other").check()


def test_a_key_that_may_only_write_is_named(shop, client) -> None:
    shop.permissions = "write"
    with pytest.raises(Misconfigured, match="may only write"):
        client.check()


def test_a_user_who_may_not_see_orders_is_named(shop, client) -> None:
    answer = shop.answer

    def but_no_orders(request):
        if request.path.endswith("/orders"):
            return refused("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        return answer(request)

    shop.answer = but_no_orders
    with pytest.raises(Misconfigured, match=r"reading its orders.*administrator or shop manager"):
        client.check()


def test_plain_permalinks_are_named(shop, client) -> None:
    shop.pretty = False
    with pytest.raises(Misconfigured, match="Settings > Permalinks"):
        client.check()


def test_a_site_without_woocommerce_is_named(shop, client) -> None:
    shop.index["namespaces"] = ["wp/v2"]
    with pytest.raises(Misconfigured, match="WordPress site without WooCommerce"):
        client.check()


def test_something_that_is_no_wordpress_is_named(shop, session) -> None:
    shop.faults = [reply({"hello": "world"}, 404), reply({"hello": "world"})]
    with pytest.raises(Misconfigured, match="is not a WordPress shop"):
        connect(shop, session).check()


def test_a_website_that_is_no_shop_is_not_taken_for_one_in_maintenance(shop, session) -> None:
    with pytest.raises(Misconfigured, match=r"blog is not a WordPress shop.*answered 404"):
        connect(shop, session, url=f"{shop.url}/blog").check()


def test_an_old_woocommerce_is_named(shop, client) -> None:
    del shop.lists["refunds"]
    with pytest.raises(Misconfigured, match=r"older than 9\.0"):
        client.check()


def test_plain_http_of_a_shop_that_has_https_is_refused_with_the_right_address(shop, session):
    shop.home = "https://127.0.0.1"
    with pytest.raises(Misconfigured, match=r"Give https://127\.0\.0\.1 instead"):
        connect(shop, session).check()


def test_nobody_at_that_address_is_named(session) -> None:
    with pytest.raises(Misconfigured, match="Nothing answers at"):
        WooCommerce("http://127.0.0.1:9", KEY, SECRET, allow_private=True, session=session).check()


@pytest.mark.parametrize("url", ["ftp://shop.example", "shop.example", "", "https://"])
def test_what_is_no_address_is_named(session, url) -> None:
    with pytest.raises(Misconfigured, match="not a shop's address"):
        WooCommerce(url, KEY, SECRET, allow_private=True, session=session).check()


def test_a_private_address_is_refused_unless_allowed(shop: FakeShop) -> None:
    client = WooCommerce(shop.url, KEY, SECRET, allow_private=False)
    with pytest.raises(Misconfigured, match="ALLOW_PRIVATE_HOSTS"):
        client.check()
    assert shop.asked == []
    client.close()


def test_no_error_holds_a_secret(shop, session) -> None:
    shop.faults = [html(200), html(403), html(302), reply({"code": "x"}, 400)]
    client = connect(shop, session)
    for _ in range(4):
        with pytest.raises(ConnectorError) as error:
            list(client.orders())
        said = str(error.value) + repr(error.value) + repr(error.value.__cause__)
        assert SECRET not in said
        assert "oauth_signature" not in said
