"""What is in the shopper's basket? A signed cookie knows; nothing is stored on the server.

The cookie is Flask's session under a name of its own, because cookies of one host are shared by
all its ports, and the application that recommends runs beside this shop.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

import flask

from demo.storefront import browse

MOST_LINES = 60  # what fits a cookie
MOST_OF_ONE = 9999  # many of this shop's customers are small resellers


class CannotAdd(Exception):
    """Says to the shopper why not."""


@dataclass(frozen=True, slots=True)
class Line:
    product: sqlite3.Row
    quantity: int
    price_minor: int

    @property
    def total_minor(self) -> int:
        return self.quantity * self.price_minor


def lines() -> list[Line]:
    """In the order they were added; what the shop no longer sells is left out."""
    found = []
    for id, quantity in _kept().items():
        product = browse.by_id(id)
        if product is not None and can_be_bought(product):
            found.append(Line(product, quantity, minor(product["price"])))
    return found


def can_be_bought(product: sqlite3.Row) -> bool:
    return bool(product["price"] != "" and product["stock_status"] != "outofstock")


def minor(price: str) -> int:
    return round(float(price) * 100)


def add(product: sqlite3.Row | None, quantity: int) -> None:
    if product is None:
        raise CannotAdd("Sorry, this product is no longer sold here.")
    if not can_be_bought(product):
        raise CannotAdd(f"Sorry, “{product['name']}” is out of stock.")
    basket, id = _kept(), product["id"]
    if id not in basket and len(basket) >= MOST_LINES:
        raise CannotAdd(f"A basket holds up to {MOST_LINES} different products.")
    basket[id] = min(MOST_OF_ONE, basket.get(id, 0) + max(1, quantity))
    _keep(basket)


def set_quantity(id: int, quantity: int) -> None:
    basket = _kept()
    if id in basket:
        if quantity > 0:
            basket[id] = min(MOST_OF_ONE, quantity)
        else:
            del basket[id]
    _keep(basket)


def empty() -> None:
    flask.session.pop("basket", None)


def count() -> int:
    return sum(_kept().values())


def fingerprint() -> str:
    """`cart_hash`: changes when the basket does; empty for an empty one."""
    basket = _kept()
    if not basket:
        return ""
    return hashlib.sha256(repr(sorted(basket.items())).encode()).hexdigest()[:32]


def quantity_of(text: str | None) -> int:
    """Whatever a form says, as a quantity; nonsense is one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1


def _kept() -> dict[int, int]:
    """Quantities by product id. The session sorts the keys of a dict, so it keeps pairs."""
    return dict(flask.session.get("basket", []))


def _keep(basket: dict[int, int]) -> None:
    flask.session["basket"] = list(basket.items())
