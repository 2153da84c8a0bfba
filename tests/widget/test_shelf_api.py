"""The shelf's address: what it answers, whom it trusts, and how it says no."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy import select, text, update

from experiments import token
from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.records import PLACEMENTS, ShelfLook
from store.request_ids import HEADER
from store.writes import experiments, rules
from tests.shops import NOW
from widget import configs, query

VISITOR = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def fresh_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests change a shop and ask at once; pages may wait a second."""
    monkeypatch.setattr(configs, "FRESH_FOR_S", 0.0)


def ask(client: FlaskClient, shop: Shop, **asked: object):
    return client.get(f"/v1/{shop.key}/shelf", query_string=asked)


def signed(store: Store, shop: Shop, customer: str, expires: int) -> str:
    with reading(store.engine) as connection:
        key = shops.keys(connection, store.ring, shop.id, NOW).customer[0]
    text = f"{customer}.{expires}"
    return f"{text}.{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def start_test(store: Store, shop: Shop, against: str, placement: str = "also_bought") -> None:
    with writing(store.engine) as connection:
        experiments.start_experiment(
            connection,
            shop.id,
            placement=placement,
            against=against,
            metric="cvr",
            started_at=NOW - timedelta(minutes=1),
            ends_at=NOW + timedelta(days=28),
            window_s=7 * 86_400,
            cap_minor=None,
            planned_visitors=1_000,
            planned_conversions=30,
        )


def test_what_is_bought_together_leads_the_shelf_with_its_reason(
    client: FlaskClient, shop: Shop
) -> None:
    answer = ask(client, shop, placement="also_bought", product="p4").json
    first = answer["items"][0]
    assert first["id"] == "p5"
    assert first["strategy"] in ("bought_together", "blend")  # whichever measured better
    assert first["reason"].startswith("Bought together in ")
    assert answer["title"] == "Customers also bought"
    assert answer["eligible"] is True
    assert set(first) >= {
        "id", "title", "url", "image", "price_minor", "compare_at_minor", "currency", "variant",
        "strategy", "reason",
    }  # fmt: skip


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_every_placement_answers_with_what_may_be_sold_and_without_repeats(
    client: FlaskClient, shop: Shop, placement: str
) -> None:
    answer = ask(
        client, shop, placement=placement, product="p4", recent="p8,p0", cart="p2", limit=24
    )
    assert answer.status_code == 200
    ids = [item["id"] for item in answer.json["items"]]
    assert len(ids) == len(set(ids))
    assert not {"p38", "p39", "p4", "p2"} & set(ids)  # hidden, sold out, on the page, in the cart


def test_unknown_ids_are_answered_from_the_fallback_chain(client: FlaskClient, shop: Shop) -> None:
    answer = ask(
        client, shop, placement="also_bought", product="nope", visitor=VISITOR,
        customer="9.99.ab", recent="what", cart="ever",
    )  # fmt: skip
    assert answer.status_code == 200
    assert {item["strategy"] for item in answer.json["items"]} == {"bestseller"}


def test_an_answer_that_is_the_same_for_all_may_be_kept_and_says_nothing_of_anybody(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    start_test(store, shop, "bestsellers")
    answer = ask(client, shop, placement="also_bought", product="p4")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert (answer.json["arm"], answer.json["experiment"]) == (None, None)
    with reading(store.engine) as connection:
        keys = shops.keys(connection, store.ring, shop.id, NOW).token
    facts = token.read(keys, answer.json["token"])
    assert facts is not None
    assert (facts.visitor, facts.nonce, facts.experiment) == (None, None, None)
    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("personal", [{"visitor": VISITOR}, {"recent": "p1"}, {"cart": "p1"}])
def test_an_answer_for_one_visitor_is_never_kept(
    client: FlaskClient, shop: Shop, personal: dict[str, str]
) -> None:
    answer = ask(client, shop, placement="also_bought", product="p4", **personal)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_only_a_genuine_signature_unlocks_a_customers_list(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    with writing(store.engine) as connection:  # serve everything, whatever the gate said
        connection.execute(
            update(tables.Live)
            .where(tables.Live.placement == "you_might_like")
            .values(strategies=["personal", "bought_together", "bestseller"])
        )
    soon = int(time.time()) + 600
    genuine = signed(store, shop, "c1", soon)

    def strategies(customer: str) -> set[str]:
        answer = ask(client, shop, placement="you_might_like", customer=customer)
        assert answer.status_code == 200
        return {item["strategy"] for item in answer.json["items"]}

    assert strategies(genuine) - {"bestseller"}
    forged = genuine[:-1] + ("0" if genuine[-1] != "0" else "1")
    for bad in (
        forged,
        genuine.replace("c1.", "c2."),
        signed(store, shop, "c1", int(time.time()) - 5),
        signed(store, shop, "c1", int(time.time()) + 25 * 3600),
        "c1",
        VISITOR,
    ):
        assert strategies(bad) == {"bestseller"}, bad


def test_both_arms_run_one_path_and_only_the_items_differ(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    start_test(store, shop, "none")
    seen = {}
    for number in range(40):
        answer = ask(
            client, shop, placement="also_bought", product="p4", visitor=f"visitor-{number:012d}"
        ).json
        assert answer["eligible"] is True
        seen.setdefault(answer["arm"], answer)
    assert seen["control"]["items"] == []
    assert seen["treatment"]["items"]
    assert seen["control"]["token"] != seen["treatment"]["token"]


def test_a_test_against_bestsellers_shows_control_the_bestsellers(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    start_test(store, shop, "bestsellers")
    for number in range(20):
        answer = ask(
            client, shop, placement="also_bought", product="p4", visitor=f"visitor-{number:012d}"
        ).json
        strategies = {item["strategy"] for item in answer["items"]}
        assert (strategies == {"bestseller"}) == (answer["arm"] == "control")


def test_the_arm_a_visitor_entered_with_stays_theirs(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    start_test(store, shop, "none")
    arm = ask(client, shop, placement="also_bought", product="p4", visitor=VISITOR).json["arm"]
    other = "control" if arm == "treatment" else "treatment"
    with reading(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOW).pepper
        experiment = connection.scalar(select(tables.Experiment.id))
    with writing(store.engine) as connection:
        connection.execute(
            tables.Exposure.__table__.insert(),
            {
                "experiment_id": experiment,
                "visitor": digest(pepper, "visitor", VISITOR),
                "arm": other,
                "entered_at": NOW,
            },
        )
    again = ask(client, shop, placement="also_bought", product="p8", visitor=VISITOR).json
    assert again["arm"] == other


def test_another_currency_gets_items_without_prices(client: FlaskClient, shop: Shop) -> None:
    own = ask(client, shop, placement="also_bought", product="p4", currency="GBP").json["items"]
    other = ask(client, shop, placement="also_bought", product="p4", currency="EUR").json["items"]
    assert [item["id"] for item in own] == [item["id"] for item in other]
    assert all(item["price_minor"] for item in own)
    assert {(item["price_minor"], item["currency"]) for item in other} == {(None, None)}


def test_spare_products_come_on_top_of_the_merchants_count(
    client: FlaskClient, store: Store, shop: Shop
) -> None:
    def told(**asked: object) -> tuple[int, int]:
        answer = ask(client, shop, placement="also_bought", product="p4", **asked).json
        return answer["limit"], len(answer["items"])

    assert told()[0] == 8
    with writing(store.engine) as connection:
        rules.save_look(connection, shop.id, "also_bought", ShelfLook(count=3))
    assert told() == (3, 3)
    assert told(spare=2) == (3, 5)
    assert told(limit=1, spare=2) == (1, 3)
    assert told(limit=24, spare=24)[0] == 24


def test_titles_and_reasons_speak_the_pages_language(client: FlaskClient, shop: Shop) -> None:
    answer = ask(client, shop, placement="also_bought", product="p4", locale="de-AT").json
    assert answer["title"] == "Andere kauften auch"
    assert "Bought" not in answer["items"][0]["reason"]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({}, "placement"),
        ({"placement": "nonsense"}, "placement"),
        ({"placement": "also_bought", "limit": "0"}, "limit"),
        ({"placement": "also_bought", "limit": "-3"}, "limit"),
        ({"placement": "also_bought", "limit": "25"}, "limit"),
        ({"placement": "also_bought", "limit": "many"}, "limit"),
        ({"placement": "also_bought", "spare": "-1"}, "spare"),
        ({"placement": "also_bought", "spare": "25"}, "spare"),
        ({"placement": "also_bought", "visitor": "short"}, "visitor"),
        ({"placement": "also_bought", "currency": "pounds"}, "currency"),
        ({"placement": "also_bought", "locale": "<b>"}, "locale"),
        ({"placement": "also_bought", "product": "x" * 65}, "product"),
        ({"placement": "also_bought", "product": "a\x00b"}, "product"),
        ({"placement": "also_bought", "recent": ",".join(map(str, range(21)))}, "recent"),
        ({"placement": "also_bought", "cart": ",".join(map(str, range(51)))}, "cart"),
    ],
)
def test_bad_input_is_named_in_problem_json(
    client: FlaskClient, shop: Shop, query: dict[str, str], fault: str
) -> None:
    answer = ask(client, shop, **query)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert list(answer.json["errors"]) == [fault]


def test_a_query_that_is_not_utf8_is_refused(client: FlaskClient, shop: Shop) -> None:
    answer = client.get(f"/v1/{shop.key}/shelf?placement=also_bought&product=%ff%fe")
    assert answer.status_code == 422


def test_an_unknown_key_is_not_found_and_says_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/v1/pk_nobody/shelf?placement=also_bought")
    assert answer.status_code == 404
    assert "data-key" in answer.json["detail"]


NASTY = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "' OR 1=1 --",
            "<script>alert(1)</script>",
            "%00",
            "\x00",
            "../../etc",
            "{{7*7}}",
            "💥",
            "p4",
        ]
    ),
)


@given(
    query=st.dictionaries(
        st.sampled_from(
            "placement product visitor customer recent cart limit locale currency category".split()
        ),
        NASTY,
        max_size=6,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_nothing_in_a_query_breaks_the_shelf(
    client: FlaskClient, shop: Shop, query: dict[str, str]
) -> None:
    answer = ask(client, shop, **({"placement": "also_bought"} | query))
    assert answer.status_code in (200, 422)
    assert answer.json is not None


def test_nothing_trained_is_an_honest_empty_shelf(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    with writing(store.engine) as connection:
        connection.execute(tables.Live.__table__.delete())
    answer = ask(client, shop, placement="also_bought", product="p4").json
    assert (answer["eligible"], answer["items"], answer["token"]) == (False, [], None)


def test_ten_thousand_visitors_split_evenly_and_never_change_arm(
    client: FlaskClient, shop: Shop, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_test(store, shop, "none")
    monkeypatch.setattr(configs, "FRESH_FOR_S", 60.0)

    def arm(number: int) -> str:
        visitor = f"{number:032x}"
        return str(ask(client, shop, placement="also_bought", visitor=visitor, limit=1).json["arm"])

    arms = [arm(number) for number in range(10_000)]
    treated = arms.count("treatment")
    # The 99.9 % interval of a fair coin thrown 10,000 times is 5,000 +- 165.
    assert abs(treated - 5_000) <= 165
    assert [arm(number) for number in range(0, 10_000, 50)] == arms[::50]


def test_head_is_answered_by_flask_as_get_is_in_front_of_it(
    client: FlaskClient, shop: Shop
) -> None:
    path = f"/v1/{shop.key}/shelf?placement=also_bought&product=p4"
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers, **{HEADER: ""}) == dict(whole.headers, **{HEADER: ""})
    assert client.post(path).status_code == 405


ENCODED = st.lists(
    st.sampled_from(
        ["%2C", "%2c", "%", "%%2C", "%2", "+", "=", "&", "a", "1", "%C3%A9", "%FF", ","]
    )
    | st.text(st.characters(max_codepoint=126, min_codepoint=33), max_size=3),
    max_size=20,
).map("".join)


@given(ENCODED)
@settings(max_examples=300)
def test_a_query_is_read_as_the_standard_library_reads_it(text: str) -> None:
    try:
        expected = dict(reversed(parse_qsl(text, errors="strict", max_num_fields=40)))
    except ValueError:
        with pytest.raises(query.Malformed):
            query.fields(text.encode())
    else:
        assert query.fields(text.encode()) == expected


def test_a_list_that_cannot_be_read_is_passed_over(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    whole = ask(client, shop, placement="also_bought", product="p4").json
    assert whole["items"]
    with writing(store.engine) as connection:
        spoil = text("UPDATE lists SET entries = :x WHERE slot NOT LIKE 'bestseller:%'")
        assert connection.execute(spoil, {"x": b"not twenty bytes"}).rowcount
    before = unreadable()
    answer = ask(client, shop, placement="also_bought", product="p4")
    assert answer.status_code == 200
    assert {item["strategy"] for item in answer.json["items"]} == {"bestseller"}
    assert unreadable() > before


def unreadable() -> float:
    return REGISTRY.get_sample_value("alongside_unreadable_lists_total") or 0.0
