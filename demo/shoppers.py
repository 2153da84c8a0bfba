"""Who are the simulated shoppers, and what do they do? A day's worth of them, at speed.

Each opens real product pages, asks for the shelf and tells of it exactly as shelf.js does, and if
they buy, goes through the basket and the checkout like anybody. Whether they buy is planted: so
many of a hundred in control, so many more in treatment. Buyers are spread evenly (every tenth, not
one in ten by chance), so that a newcomer sees the planted effect and not their luck.

Knows the shop and the application by their addresses only.
"""

from __future__ import annotations

import json
import random
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3

CLICKS = 0.12  # of those who see a shelf
SEES = 0.6  # scroll so far that the shelf is in sight
COMES_BACK = 0.4  # of the buyers: they order on a later day
PHONES = 0.6
AT_ONCE = 4  # people in the shop at the same moment: the threads of a worker
AGENTS = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Mobile Safari/537.36 Mobi",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Safari/537.36",
)
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
ATTEMPT = re.compile(r'name="attempt" value="([^"]+)"')


class Unexpected(Exception):
    """A page answered what no shopper should see."""


@dataclass
class Shopper:
    dice: random.Random
    visitor: str
    agent: str
    product: str
    url: str
    arm: str | None = None
    token: str | None = None  # of the click that led to `product`
    cookie: str = ""


@dataclass
class Crowd:
    """Everybody who comes: call `day` once for each simulated day."""

    shop_url: str
    app_url: str
    key: str
    rate: float
    uplift: float
    seed: int = 20261122
    visitors: int = 0
    orders: int = 0
    _due: dict[int, list[Shopper]] = field(default_factory=dict)
    # How far each arm is on its way to the next buyer; control begins half-way, treatment too.
    _share: dict[str, float] = field(default_factory=lambda: {"control": 0.5, "treatment": 0.5})

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=AT_ONCE, timeout=60.0, retries=False)
        self._popular = self._bestsellers()

    def day(self, number: int, shoppers: int) -> None:
        """`shoppers` people come for the first time; buyers of earlier days come back."""
        come = [self._newcomer() for _ in range(shoppers)]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for shopper in threads.map(self._visit, come):
                if self._buys(shopper):
                    dice = shopper.dice
                    later = dice.randrange(1, 4) if dice.random() < COMES_BACK else 0
                    self._due.setdefault(number + later, []).append(shopper)
            buyers = self._due.pop(number, [])
            self.orders += len(list(threads.map(self._order, buyers)))

    def _newcomer(self) -> Shopper:
        """Each has dice of their own: who they are does not depend on who is served first."""
        self.visitors += 1
        dice = random.Random(f"{self.seed}:{self.visitors}")  # noqa: S311 - meant to repeat itself
        agent = AGENTS[0] if dice.random() < PHONES else AGENTS[1]
        start = dice.choices(self._popular, range(len(self._popular), 0, -1))[0]
        return Shopper(dice, dice.randbytes(16).hex(), agent, start["id"], start["url"])

    def _buys(self, shopper: Shopper) -> bool:
        arm = shopper.arm or "control"
        self._share[arm] += self.rate * (1 + self.uplift if arm == "treatment" else 1)
        if self._share[arm] < 1:
            return False
        self._share[arm] -= 1
        return True

    # --- as shelf.js does ---

    def _visit(self, shopper: Shopper) -> Shopper:
        dice = shopper.dice
        self._page(shopper, shopper.url)
        shelf = self._get(
            f"{self.app_url}/v1/{self.key}/shelf?"
            + urlencode(
                {
                    "placement": "also_bought",
                    "product": shopper.product,
                    "visitor": shopper.visitor,
                }
            ),
            shopper,
        )
        shopper.arm = shelf["arm"]
        told = [_event(dice, "product_view", None, shopper.product)]
        if shelf["experiment"] is not None:
            kind = "exposure" if shelf["eligible"] else "empty"
            told.append(_event(dice, kind, shelf["token"], None))
        if shelf["items"] and dice.random() < SEES:
            in_sight = [item["id"] for item in shelf["items"]]
            told.append(_event(dice, "view", shelf["token"], in_sight))
            if dice.random() < CLICKS:
                item = dice.choice(shelf["items"][:4])
                told.append(_event(dice, "click", shelf["token"], item["id"]))
                shopper.product, shopper.url = item["id"], item["url"]
                shopper.token = shelf["token"]
        answer = self._ask(
            "POST",
            f"{self.app_url}/v1/{self.key}/shelf/events",
            shopper,
            json.dumps({"visitor": shopper.visitor, "events": told}),
        )
        refused = json.loads(answer.data)["rejected"]
        if refused:
            raise Unexpected(f"an event was refused: {refused[0]['reason']}")
        if shopper.token:
            self._page(shopper, shopper.url)
        return shopper

    def _bestsellers(self) -> list[dict[str, Any]]:
        answer = self._ask(
            "GET", f"{self.app_url}/v1/{self.key}/shelf?placement=bestsellers&limit=24", None
        )
        items: list[dict[str, Any]] = json.loads(answer.data)["items"]
        if not items:
            raise Unexpected("there is nothing to look at: no bestsellers")
        return items

    # --- as a shopper does ---

    def _order(self, shopper: Shopper) -> None:
        page = self._page(shopper, shopper.url)
        self._send(shopper, shopper.url, {
            "csrf_token": _found(CSRF, page), "add-to-cart": shopper.product, "quantity": "1",
        })  # fmt: skip
        page = self._page(shopper, f"{self.shop_url}/checkout/")
        self._send(shopper, f"{self.shop_url}/checkout/", {
            "csrf_token": _found(CSRF, page),
            "attempt": _found(ATTEMPT, page),
            "alongside_visitor": shopper.visitor,
            "line_product": shopper.product,
            "alongside_token": shopper.token or "",
            "first_name": "Simulated", "last_name": f"Shopper {shopper.visitor[:4]}",
            "email": f"simulated-{shopper.visitor[:12]}@example.org",
            "address_1": "1 Nowhere Street", "city": "Testham", "postcode": "AB1 2CD",
        })  # fmt: skip

    def _page(self, shopper: Shopper, url: str) -> str:
        return self._ask("GET", url, shopper).data.decode()

    def _get(self, url: str, shopper: Shopper) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._ask("GET", url, shopper).data)
        return found

    def _send(self, shopper: Shopper, url: str, form: dict[str, str]) -> None:
        answer = self._ask("POST", url, shopper, urlencode(form), form=True)
        if answer.status != 303:
            raise Unexpected(f"{url} answered {answer.status} to a form")

    def _ask(
        self,
        method: str,
        url: str,
        shopper: Shopper | None,
        body: str | None = None,
        *,
        form: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        headers = {"User-Agent": shopper.agent if shopper else AGENTS[1]}
        if shopper and shopper.cookie:
            headers["Cookie"] = shopper.cookie
        if body is not None:
            kind = "application/x-www-form-urlencoded" if form else "text/plain"
            headers["Content-Type"] = kind
        answer = self._pool.request(method, url, body=body, headers=headers, redirect=False)
        if answer.status >= 400:
            raise Unexpected(f"{url} answered {answer.status}")
        if shopper and "Set-Cookie" in answer.headers and url.startswith(self.shop_url):
            shopper.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer


def _event(
    dice: random.Random, kind: str, token: str | None, item: str | list[str] | None
) -> dict[str, Any]:
    id = str(uuid.UUID(bytes=dice.randbytes(16), version=4))
    return {"id": id, "type": kind, "token": token, "item": item, "at": None}


def _found(what: re.Pattern[str], page: str) -> str:
    found = what.search(page)
    if found is None:
        raise Unexpected(f"a page lacks its {what.pattern[6:16]}")
    return found.group(1)
