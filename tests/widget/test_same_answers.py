"""The bytes of every kind of shelf answer, as they were before serving was made cheaper.

Lists are drawn with a fixed seed, not trained, so that only a change of choosing or answering can
change a byte. Where one is wanted, `REWRITE=1 pytest tests/widget/test_same_answers.py` writes the
file anew, and the difference belongs into the review.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update

from experiments import token
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.packing import pack
from store.reads import shops
from store.records import PLACEMENTS, Entry, ShopFacts, slot
from store.writes import catalogue, experiments, models, orders
from store.writes.shops import add_shop
from tests.shops import LAMPS, NOW, VASES, made_orders, open_store, product
from widget import configs
from widget.app import create_app

GOLDEN = Path(__file__).parent / "golden" / "shelves.json"
STRATEGIES = (
    "blend", "for_you", "bought_together", "similar", "personal", "repurchase", "bestseller",
    "trending",
)  # fmt: skip
FEWER = ("bought_together", "similar", "repurchase", "bestseller", "trending")
VISITORS = [f"visitor-{number:012d}" for number in range(4)]


def write_model(store: Store, shop_id: int, seed: int, customers: list[int]) -> int:
    """A model of random lists for every slot that a chain may ask for."""
    chance = random.Random(seed)
    products = list(range(1, 41))

    def entries(length: int) -> bytes:
        chosen = chance.sample(products, length)
        scores = sorted((chance.random() for _ in chosen), reverse=True)
        return pack(
            Entry(p, score, chance.choice((0, 3, 17, 64)), chance.choice((0.0, 1.5)))
            for p, score in zip(chosen, scores, strict=True)
        )

    names = [slot(s, p) for s in ("blend", "bought_together", "similar") for p in products[:-4]]  # type: ignore[arg-type]
    names += [slot(s, c) for s in ("bestseller", "trending") for c in ("", LAMPS.id, VASES.id)]  # type: ignore[arg-type]
    for customer in customers:
        names += [slot(s, customer) for s in ("for_you", "personal", "repurchase")]  # type: ignore[arg-type]
        names.append(slot("for_you", f"new:{customer}"))
    with writing(store.engine) as connection:
        model, _ = models.begin_model(connection, shop_id, NOW, "", 600, NOW)
        models.save_lists(connection, model, [(n, entries(chance.randint(3, 24))) for n in names])
        models.finish_model(connection, model, (), [("also_bought", "promoted", "", STRATEGIES)])
    return model


@pytest.fixture
def made(engine: Engine) -> Store:
    store = open_store(engine)
    with writing(engine) as connection:
        facts = ShopFacts("Same", "https://shop.example", "GBP", "Europe/London")
        shop_id, _ = add_shop(connection, store.ring, "files", facts, {}, NOW)
        pepper = shops.keys(connection, store.ring, shop_id, NOW).pepper
        catalogue.save_products(connection, shop_id, [product(n) for n in range(40)])
        orders.save_orders(connection, shop_id, pepper, made_orders(120))
        catalogue.save_groups(connection, {7: 3, 12: 11})
        customers = list(connection.scalars(select(tables.Customer.id)))
    rival = write_model(store, shop_id, 1, customers)
    model = write_model(store, shop_id, 2, customers)
    with writing(engine) as connection:
        for placement in PLACEMENTS:
            served = FEWER if placement == "bought_together" else STRATEGIES
            models.publish(connection, shop_id, placement, model, served, "test", NOW)
        for placement, against in (
            ("also_bought", "bestsellers"), ("you_might_like", "none"), ("cart", str(rival)),
        ):  # fmt: skip
            experiments.start_experiment(
                connection, shop_id, placement=placement, against=against, metric="cvr",
                started_at=NOW - timedelta(minutes=1), ends_at=NOW + timedelta(days=28),
                window_s=86_400, cap_minor=None, planned_visitors=10, planned_conversions=3,
            )  # fmt: skip
        connection.execute(update(tables.Experiment).values(salt="the same"))
    return store


def questions(customer: str) -> list[str]:
    """Every kind of question there is, on every placement."""
    session = "product=p4&recent=p8%2Cnope%2Cp0%2Cp12%2Cp2%2Cp6%2Cp10%2Cp4&cart=p20%2Cp22%2Cgone"
    kinds = [
        "", "product=p4", "product=p4&limit=3", "product=unknown", "category=20&limit=4", session,
        f"{session}&limit=24&locale=de-AT", "product=p5&category=10&currency=EUR&limit=3",
        "recent=p1%2Cp2%2Cp3%2Cp5%2Cp6%2Cp7&limit=5", "cart=p1%2Cp2%2Cp3%2Cp5%2Cp6%2Cp7&limit=5",
        f"customer={customer}&limit=6", f"{session}&customer={customer}&locale=fr&limit=6",
        *(f"{session}&visitor={visitor}&limit=5" for visitor in VISITORS),
        f"visitor={VISITORS[0]}&limit=2&customer=c1.1.ab", f"product=p7&visitor={VISITORS[1]}",
    ]  # fmt: skip
    return [f"placement={placement}&{kind}" for placement in PLACEMENTS for kind in kinds]


def answers(client: FlaskClient, store: Store) -> dict[str, str]:
    """Question -> the answer's text, its token replaced by what the token says."""
    with reading(store.engine) as connection:
        shop = shops.every(connection)[0]
        keys = shops.keys(connection, store.ring, shop.id, NOW)
    text = f"c1.{int(time.time()) + 600}"
    signature = hmac.new(keys.customer[0], text.encode(), hashlib.sha256).hexdigest()
    found = {}
    for question in questions(f"{text}.{signature}"):
        answer = client.get(f"/v1/{shop.key}/shelf?{question}")
        assert answer.status_code == 200, answer.data
        body = answer.get_data(as_text=True)
        signed = json.loads(body)["token"]
        facts = token.read(keys.token, signed)
        assert facts is not None
        said = (
            f"{facts.placement} {facts.experiment} {facts.arm} {facts.model} "
            f"{facts.nonce is not None} {facts.visitor is not None}"
        )
        name = question.replace(f"{text}.{signature}", "SIGNED")
        found[name] = f"{answer.headers['Cache-Control']} {body.replace(signed, said)}"
    return found


def test_every_answer_is_the_same_to_the_byte_as_before_on_both_databases(
    made: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configs, "FRESH_FOR_S", 60.0)
    found = answers(create_app(made).test_client(), made)
    if os.environ.get("REWRITE"):
        GOLDEN.parent.mkdir(exist_ok=True)
        digests = {name: _digest(text) for name, text in found.items()}
        GOLDEN.write_text(json.dumps(digests, indent=0) + "\n")
    expected = json.loads(GOLDEN.read_text())
    assert found.keys() == expected.keys()
    different = [name for name, text in found.items() if _digest(text) != expected[name]]
    assert not different, found[different[0]]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
