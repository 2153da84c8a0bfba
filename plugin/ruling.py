"""What does a rule of the merchant say in words, and which rule does a form mean?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from plugin import words
from plugin.numbers import Numbers
from store.errors import Explained
from store.reads.shops import Shop
from store.records import PLACEMENTS, Rule, RuleField, RuleKind, exponent

KIND: dict[RuleKind, str] = {
    "pin": "Pin",
    "exclude": "Exclude",
    "boost": "Boost",
    "bury": "Bury",
    "sensitive": "Sensitive",
}
KIND_HELP: dict[RuleKind, str] = {
    "pin": "Always first on the shelf, with the reason “Picked by the shop”.",
    "exclude": "Never on the shelf.",
    "boost": "Further to the front among what the same signals name.",
    "bury": "Further to the back among them.",
    "sensitive": "Never in anything personal: what one person looked at, carted or bought.",
}
FIELD: dict[RuleField, str] = {
    "product": "One product (its id)",
    "type": "A type",
    "vendor": "A vendor",
    "tag": "A tag",
    "category": "A category (its id)",
    "price": "A price band",
    "margin": "A margin band",
}
STRENGTH = {1: "a little", 2: "clearly", 3: "strongly"}


class Unclear(Explained):
    """The form cannot be a rule; the message says what to change."""


def about(rule: Rule, numbers: Numbers | None = None, title: str = "") -> str:
    """Which products: "type Lamp", "price £10.00 up to £20.00"."""
    if rule.field in ("price", "margin"):

        def written(value: int) -> str:
            if rule.field == "margin":
                return f"{value} %"
            return numbers.money(value) if numbers else str(value)

        low = f"from {written(rule.low)}" if rule.low is not None else ""
        high = f"below {written(rule.high)}" if rule.high is not None else ""
        return f"{rule.field} {' '.join(part for part in (low, high) if part)}"
    return f"{rule.field} {title or rule.value}"


def sentence(rule: Rule, numbers: Numbers | None = None, title: str = "") -> str:
    """The rule in one line: "Boost type Lamp clearly on “You might like”"."""
    how = f" {STRENGTH[rule.strength]}" if rule.kind in ("boost", "bury") else ""
    where = f" on “{words.placement(rule.placement)}”" if rule.placement else ""
    if rule.kind == "sensitive":
        return f"Sensitive: {about(rule, numbers, title)}"
    return f"{KIND[rule.kind]} {about(rule, numbers, title)}{how}{where}"


def read(form: Mapping[str, str], shop: Shop) -> Rule:
    """The rule that a form means; `Unclear` names what is wrong."""
    kind, field = form.get("kind", ""), form.get("field", "")
    placement, strength = form.get("placement", ""), form.get("strength") or "2"
    if kind not in KIND:
        raise Unclear("Choose what the rule does.")
    if field not in FIELD:
        raise Unclear("Choose which products the rule is about.")
    if placement and placement not in PLACEMENTS:
        raise Unclear("Choose a shelf, or all of them.")
    if not (strength.isascii() and strength.isdecimal() and len(strength) == 1):
        raise Unclear("Choose how strong the rule is.")
    banded = field in ("price", "margin")
    value = form.get("value", "").strip()
    if len(value) > LONGEST_VALUE:
        raise Unclear(f"Name the products in at most {LONGEST_VALUE} characters.")
    try:
        return Rule(
            kind,
            field,
            value="" if banded else value,
            low=_amount(form.get("low", ""), field, shop) if banded else None,
            high=_amount(form.get("high", ""), field, shop) if banded else None,
            placement=placement or None,
            strength=int(strength),
            starts_at=_instant(form.get("starts", ""), shop),
            ends_at=_instant(form.get("ends", ""), shop),
        )
    except ValueError as wrong:
        raise Unclear(str(wrong)) from None


LONGEST_VALUE = 200


def _amount(text: str, field: str, shop: Shop) -> int | None:
    """ "12.50" -> 1250 pence; a comma does as well. A margin is whole percent."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    digits = exponent(shop.currency) if field == "price" else 0
    try:
        minor = Decimal(text).scaleb(digits)
    except InvalidOperation:
        raise Unclear(f"{text[:20]!r} is not a number.") from None
    if not minor.is_finite() or minor != int(minor) or abs(minor) > 10**12:
        example = "12.50" if digits == 2 else "1250"
        raise Unclear(f"{text[:20]!r} is not an amount; write it like {example}.")
    return int(minor)


def _instant(text: str, shop: Shop) -> datetime | None:
    """What a date field sends, in the shop's own time."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unclear(f"{text[:20]!r} is not a date and time like 2026-12-01T08:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=shop.zone()).astimezone(ZoneInfo("UTC"))
