"""A merchant's application to try: shops, people, and a browser that sends forms as one would."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugin.app import create_app
from store import engine as engines
from store.engine import reading, writing
from store.keys import Ring
from store.opening import Store
from store.reads import experiments, people, shops
from store.records import Measure, Order, OrderLine, Placement, Platform, Product, ShopFacts
from store.settings import Settings
from store.writes import catalogue, models, orders
from store.writes import experiments as experiment_writes
from store.writes import people as people_writes
from store.writes import shops as shop_writes

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
RING_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PASSWORD = "four quiet lamps outside"


def open_site(url: str, **settings: Any) -> Store:
    settings.setdefault("secret_keys", RING_KEY)
    given = Settings(_env_file=None, database_url=url, **settings)  # type: ignore[call-arg]
    return Store(engines.open(url), Ring([RING_KEY]), given)


class Site:
    """The application with verbs for what a test needs to be there."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.app: Flask = create_app(store)
        self.app.testing = False  # errors become pages, as they do for people

    def shop(
        self, name: str = "Gifts & more", platform: Platform = "woocommerce", **facts: Any
    ) -> shops.Shop:
        given = {"url": "https://gifts.example", "currency": "GBP", "timezone": "Europe/London"}
        given |= {"locale": "en-GB"} | facts
        with writing(self.store.engine) as connection:
            key = shop_writes.add_shop(
                connection, self.store.ring, platform, ShopFacts(name, **given), {}, NOON
            )[1]
            return shops.find(connection, key)

    def user(
        self,
        email: str = "anna@example.com",
        roles: dict[int, str] | None = None,
        hashed: str = "x",
    ) -> people.User:
        with writing(self.store.engine) as connection:
            user_id = people_writes.save_user(connection, email, hashed, NOON)
            for shop_id, role in (roles or {}).items():
                people_writes.grant(connection, user_id, shop_id, role)
            found = people.user(connection, user_id)
        assert found
        return found

    def browser(self, user: people.User | None = None) -> FlaskClient:
        """A browser; with `user`, one that has logged in (without the slow hash)."""
        client = self.app.test_client()
        if user:
            with client.session_transaction("/admin/") as session:
                session["_user_id"] = f"{user.id}.{user.session_mark}"
                session["_fresh"] = True
                session["began_s"] = int(time.time())
                session.permanent = True
        return client

    def owner_of(self, shop: shops.Shop) -> FlaskClient:
        return self.browser(self.user(f"owner{shop.id}@example.com", {shop.id: "owner"}))

    # --- what a shop may hold ---

    def products(self, shop: shops.Shop, titles: Sequence[str]) -> None:
        with writing(self.store.engine) as connection:
            catalogue.save_products(
                connection,
                shop.id,
                [
                    Product(
                        id=str(i), title=title, currency=shop.currency, updated_at=NOON,
                        url=f"https://gifts.example/{i}", price_minor=1_000 + i,
                    )
                    for i, title in enumerate(titles, start=1)
                ],
            )  # fmt: skip

    def order(self, shop: shops.Shop, number: str, **more: Any) -> None:
        given: dict[str, Any] = {
            "placed_at": NOON,
            "updated_at": NOON,
            "currency": shop.currency,
            "status": "paid",
            "total_minor": 1_000,
            "lines": (OrderLine(f"l{number}", product_id="1", quantity=1, gross_minor=1_000),),
        }
        with writing(self.store.engine) as connection:
            pepper = shops.keys(connection, self.store.ring, shop.id, NOON).pepper
            orders.save_orders(connection, shop.id, pepper, [Order(number, **given | more)])

    def model(
        self,
        shop: shops.Shop,
        outcome: str = "promoted",
        placements: Sequence[Placement] = ("also_bought",),
        lists: Sequence[tuple[str, bytes]] = (("bestseller:", b""),),
    ) -> int:
        """A trained version with measures, live on `placements`; returns its row's id."""
        strategies = ["bought_together", "similar", "bestseller"]
        with writing(self.store.engine) as connection:
            model, version = models.begin_model(connection, shop.id, NOON, "hash", 19_773, NOON)
            models.save_lists(connection, model, lists)
            models.finish_model(
                connection,
                model,
                [
                    Measure(p, strategy, "ndcg@10", value, value - 0.008, value + 0.009, 2_100)
                    for p in placements
                    for strategy, value in (("shelf", 0.143), ("bestsellers", 0.061))
                ],
                [(p, outcome, f"{p} scores 0.143.", strategies) for p in placements],
            )
            for p in placements:
                models.publish(
                    connection, shop.id, p, model, strategies, f"version {version}", NOON
                )
        return model

    def experiment(
        self, shop: shops.Shop, placement: Placement = "also_bought", **more: Any
    ) -> experiments.Numbered:
        given: dict[str, Any] = {
            "against": "bestsellers",
            "metric": "cvr",
            "started_at": NOON,
            "ends_at": NOON + timedelta(days=28),
            "window_s": 7 * 86_400,
            "cap_minor": 25_000,
            "planned_visitors": 10_000,
            "planned_conversions": 300,
        }
        with writing(self.store.engine) as connection:
            number = experiment_writes.start_experiment(
                connection, shop.id, placement=placement, **given | more
            )
            return experiments.by_number(connection, shop.id, number)

    def say_report(self, numbered: experiments.Numbered, body: str, at: datetime) -> None:
        with writing(self.store.engine) as connection:
            experiment_writes.save_report(connection, numbered.experiment.id, body, at)

    def reading(self) -> Any:
        return reading(self.store.engine)


TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def send(client: FlaskClient, page: str, to: str | None = None, **form: str) -> TestResponse:
    """Open `page`, then send a form with its token, as a browser does."""
    found = TOKEN.search(client.get(page).text)
    token = found.group(1) if found else ""
    return client.post(to or page, data={"csrf_token": token, **form})


BLOCKS = re.compile(
    r"</?(?:p|h\d|tr|li|section|div|article|table|caption|details|summary|figure)\b"
)


def lines(answer: TestResponse) -> list[str]:
    """What a person reads: the text of the page's main part, a line per paragraph or row."""
    main = answer.text.partition("<main")[2].partition("</main>")[0].partition(">")[2]
    text = re.sub(r"<[^>]+>", " ", BLOCKS.sub(lambda tag: "\n" + tag[0], re.sub(r"\s+", " ", main)))
    found = (html.unescape(re.sub(r"[ \xa0]+", " ", line)).strip() for line in text.split("\n"))
    return [line for line in found if line]


def words(answer: TestResponse) -> str:
    """The same in one line."""
    return " ".join(lines(answer))
