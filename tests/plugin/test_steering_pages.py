"""Shelves, rules and the explorer: what they show is what is served, and what they change holds."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from plugin import explaining, words
from plugin.numbers import Numbers
from scheduler.train import train
from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import people, privacy, rules, shops
from store.reads.shop_config import shop_config
from store.reads.shops import Shop
from store.records import PLACEMENTS, Order, OrderLine
from store.writes import orders
from tests.plugin.site import Site, send
from tests.plugin.site import words as text_of
from widget.app import create_app as create_storefront


@pytest.fixture
def trained(store: Store) -> Site:
    return Site(store)


@pytest.fixture
def owner(trained: Site, shop: Shop) -> FlaskClient:
    return trained.owner_of(shop)


def served(store: Store, shop: Shop, **query: str) -> list[str]:
    """The ids that a shopper's request gets, from an application that knows nothing yet."""
    client = create_storefront(store).test_client()
    answer = client.get(f"/v1/{shop.key}/shelf", query_string=query)
    return [item["id"] for item in answer.json["items"]]


def previewed(page: str) -> list[str]:
    return re.findall(r"<strong>([^<]+)</strong>", page.partition('<ol class="shelf">')[2])


def test_a_preview_is_what_a_shopper_gets(owner: FlaskClient, store: Store, shop: Shop) -> None:
    page = owner.get(f"/admin/shops/{shop.key}/shelves/also_bought?product=p4").text
    shown = served(store, shop, placement="also_bought", product="p4")
    assert len(shown) == 8
    assert [title.split()[-1] for title in previewed(page)[:8]] == [i[1:] for i in shown]
    assert (
        "img-src 'self' data: https://shop.example"
        in owner.get(f"/admin/shops/{shop.key}/shelves/also_bought?product=p4").headers[
            "Content-Security-Policy"
        ]
    )


def test_every_placement_has_its_page_and_an_unknown_one_says_what_there_is(
    owner: FlaskClient, shop: Shop
) -> None:
    every = text_of(owner.get(f"/admin/shops/{shop.key}/shelves/"))
    for placement in PLACEMENTS:
        assert placement in every
        assert owner.get(f"/admin/shops/{shop.key}/shelves/{placement}").status_code == 200
    missing = owner.get(f"/admin/shops/{shop.key}/shelves/nonsense")
    assert missing.status_code == 404
    assert "also_bought" in missing.text


def test_what_is_saved_of_a_shelf_is_served(owner: FlaskClient, store: Store, shop: Shop) -> None:
    page = f"/admin/shops/{shop.key}/shelves/also_bought"
    form = {"shown": "yes", "heading": " Goes  with it ", "count": "3", "layout": "grid"}
    assert send(owner, page, **form).status_code == 303
    client = create_storefront(store).test_client()
    ask = {"placement": "also_bought", "product": "p4"}
    answer = client.get(f"/v1/{shop.key}/shelf", query_string=ask).json
    assert (answer["title"], len(answer["items"]), answer["layout"]) == ("Goes with it", 3, "grid")
    german = client.get(f"/v1/{shop.key}/shelf", query_string=ask | {"locale": "de", "limit": "5"})
    assert (german.json["title"], len(german.json["items"])) == ("Andere kauften auch", 5)
    assert send(owner, page, heading="", count="", layout="").status_code == 303  # not shown
    off = create_storefront(store).test_client().get(f"/v1/{shop.key}/shelf", query_string=ask).json
    assert (off["items"], off["eligible"]) == ([], False)
    assert "switched off" in text_of(owner.get(page))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"count": "25"}, "1 to 24"),
        ({"count": "many"}, "whole number"),
        ({"layout": "spiral"}, "Choose one of the layouts"),
        ({"variety": "4"}, "Choose one of the steps"),
        ({"heading": "x" * 81}, "at most 80"),
    ],
)
def test_a_shelf_that_cannot_be_is_refused(
    owner: FlaskClient, shop: Shop, form: dict[str, str], said: str
) -> None:
    page = f"/admin/shops/{shop.key}/shelves/also_bought"
    answer = send(owner, page, **{"shown": "yes", "heading": "", "count": "", "layout": ""} | form)
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_a_rule_is_tried_then_kept_then_served_then_removed(
    owner: FlaskClient, store: Store, shop: Shop
) -> None:
    base = f"/admin/shops/{shop.key}/rules/"
    before = served(store, shop, placement="also_bought", product="p4")
    form = {"kind": "exclude", "field": "product", "value": before[0], "placement": "also_bought"}
    tried = text_of(owner.get(base + "try", query_string=form))
    assert "1 product:" in tried
    assert re.search(r"Of 24 shelves .* would change", tried)
    assert served(store, shop, placement="also_bought", product="p4") == before  # only tried
    assert send(owner, base + "try?" + "&".join(f"{k}={v}" for k, v in form.items()), base, **form)
    after = served(store, shop, placement="also_bought", product="p4")
    assert before[0] not in after
    assert "holds now" in text_of(owner.get(base))
    told = text_of(owner.get(f"/admin/shops/{shop.key}/explorer/?product=p4"))
    assert "a rule of yours keeps it away" in told
    with reading(store.engine) as connection:
        (kept,) = rules.every(connection, shop.id)
        (line,) = [it for it in people.log(connection, shop.id) if it.action == "rule made"]
    assert "Exclude product" in line.detail
    remove = f"{base}{kept.id}/remove"
    assert "Remove this rule?" in text_of(owner.get(remove))
    assert send(owner, remove).status_code == 303
    assert served(store, shop, placement="also_bought", product="p4") == before
    assert send(owner, base, remove).status_code == 404


def test_a_rule_that_meets_another_says_so_before_and_after(owner: FlaskClient, shop: Shop) -> None:
    base = f"/admin/shops/{shop.key}/rules/"
    send(owner, base, kind="exclude", field="category", value="10")
    asked = {"kind": "pin", "field": "product", "value": "p0"}
    tried = text_of(owner.get(base + "try", query_string=asked))
    assert "Meets “Exclude category Lamps” on 1 product. Excluded products are not shown" in tried
    send(owner, base, **asked)
    assert text_of(owner.get(base)).count("⚠ Meets") == 2


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose what the rule does"),
        ({"kind": "boost"}, "Choose which products"),
        ({"kind": "boost", "field": "type"}, "Say which products"),
        ({"kind": "pin", "field": "type", "value": "Lamp"}, "Only single products"),
        ({"kind": "boost", "field": "price", "low": "ten"}, "not a number"),
        ({"kind": "boost", "field": "price", "low": "1.234"}, "write it like 12.50"),
        ({"kind": "boost", "field": "price", "low": "1e999"}, "not an amount"),
        ({"kind": "boost", "field": "price", "low": "NaN"}, "not an amount"),
        ({"kind": "boost", "field": "type", "value": "x", "strength": "99"}, "how strong"),
        ({"kind": "boost", "field": "type", "value": "x", "starts": "soon"}, "not a date"),
        ({"kind": "boost", "field": "type", "value": "x", "placement": "roof"}, "Choose a shelf"),
        ({"kind": "boost", "field": "type", "value": "x" * 201}, "at most 200"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_the_reason(
    owner: FlaskClient, shop: Shop, form: dict[str, str], said: str
) -> None:
    base = f"/admin/shops/{shop.key}/rules/"
    for answer in (owner.get(base + "try", query_string=form), send(owner, base, **form)):
        assert answer.status_code == 422
        assert said in text_of(answer)


def test_times_of_a_rule_are_the_shops_own(owner: FlaskClient, store: Store, shop: Shop) -> None:
    base = f"/admin/shops/{shop.key}/rules/"
    form = {"kind": "boost", "field": "tag", "value": "x", "starts": "2027-07-01T08:00"}
    assert send(owner, base, **form).status_code == 303
    with reading(store.engine) as connection:
        (kept,) = rules.every(connection, shop.id)
    assert kept.rule.starts_at is not None
    assert kept.rule.starts_at.isoformat() == "2027-07-01T07:00:00+00:00"  # London's summer
    assert "not yet" in text_of(owner.get(base))


def test_variety_is_seen_in_the_preview_before_shoppers_see_it_on_the_shelf(
    owner: FlaskClient, store: Store, shop: Shop
) -> None:
    page = f"/admin/shops/{shop.key}/shelves/bestsellers"  # of two categories, Lamps and Vases
    form = {"shown": "yes", "heading": "", "count": "6", "layout": ""}
    client = create_storefront(store).test_client()

    def kinds() -> list[str]:
        ask = {"placement": "bestsellers"}
        answer = client.get(f"/v1/{shop.key}/shelf", query_string=ask).json
        assert len(answer["items"]) == 6
        return sorted(item["title"].split()[0] for item in answer["items"])

    for variety, most in (("2", 3), ("1", 3)):
        assert send(owner, page, **form, variety=variety).status_code == 303
        assert max(kinds().count("Lamp"), kinds().count("Vase")) == most
        assert "Of 2 kinds; the commonest has 3 of 6 places." in text_of(owner.get(page))


def test_the_explorer_marks_what_is_tried_and_what_a_customer_refused(
    owner: FlaskClient, store: Store, shop: Shop
) -> None:
    with reading(store.engine) as connection:
        config = shop_config(connection, store.ring, shop.key)
        assert config is not None
        plain = explaining.explain(connection, config, "also_bought", "p4", "c1", 4)
    shown = {it.product for it in plain.shown}
    refused = plain.shown[0].product
    p = tables.Product
    with writing(store.engine) as connection:
        connection.execute(
            update(p).where(p.external_id.not_in(shown)).values(published_at=shop.now())
        )
        key = connection.scalar(select(p.id).where(p.external_id == refused))
        customer = privacy.customer_key(
            connection, shop.id, digest(config.keys.pepper, "customer", "c1")
        )
        row = {"shop_id": shop.id, "visitor": b"v" * 16}
        connection.execute(
            insert(tables.Identity).values(**row, customer_id=customer, seen_at=shop.now())
        )
        found = explaining.explain(connection, config, "also_bought", "p4", "c1", 4)
        assert explaining.TRIED in {it.dropped for it in found.dropped}
        connection.execute(
            insert(tables.Unwanted).values(
                **row, product_id=key, dismissed=True, told_at=shop.now()
            )
        )
        found = explaining.explain(connection, config, "also_bought", "p4", "c1", 4)
    why = {it.product: it.dropped for it in found.dropped}
    assert why[refused] == "the customer does not want it"


def test_the_explorer_tells_each_lists_evidence_in_numbers(
    owner: FlaskClient, store: Store, shop: Shop
) -> None:
    page = f"/admin/shops/{shop.key}/explorer/"
    told = text_of(owner.get(page + "?product=p4"))
    with reading(store.engine) as connection:
        config = shop_config(connection, store.ring, shop.key)
        assert config is not None
        found = explaining.explain(connection, config, "also_bought", "p4", None)
    say = Numbers.of(shop)
    for it in found.shown:
        assert f"{it.place}. {it.title}" in told
        for voice in it.voices:
            assert words.evidence(voice, say) in told
    assert "times as often as chance" in told
    assert text_of(owner.get(page + "?product=Lamp of glass")).count("Lamp of glass") >= 2
    assert owner.get(page + "?product=nothing like it").status_code == 422
    assert owner.get(page + "?placement=roof&product=p4").status_code == 422
    assert owner.get(page + "?customer=nobody").status_code == 422
    assert "for customer c1" in text_of(owner.get(page + "?customer=c1&placement=you_might_like"))


def test_what_a_new_version_changed_is_told_product_by_product(
    owner: FlaskClient, store: Store, shop: Shop
) -> None:
    first = f"/admin/shops/{shop.key}/models/1/changes"
    assert "nothing to compare with" in text_of(owner.get(first))
    with writing(store.engine) as connection:
        bought = {"placed_at": shop.now(), "updated_at": shop.now()}
        pepper = shops.keys(connection, store.ring, shop.id, shop.now()).pepper
        orders.save_orders(
            connection,
            shop.id,
            pepper,
            [
                Order(
                    id=f"new{n}", currency="GBP", status="paid", total_minor=1, **bought,
                    lines=tuple(OrderLine(f"{n}-{p}", p, 1, 500) for p in ("p0", "p37")),
                )
                for n in range(80)
            ],
        )  # fmt: skip
    train(store, shop, lambda step: None)
    told = text_of(owner.get(f"/admin/shops/{shop.key}/models/2/changes"))
    assert "Against version 1" in told
    assert "no 37" in told.partition("Came:")[2]
    assert owner.get(f"/admin/shops/{shop.key}/models/9/changes").status_code == 404
