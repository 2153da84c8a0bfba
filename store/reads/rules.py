"""What do the merchant's rules do to the shelves now, and which products is each about?

Which products a rule matches is worked out when the rule or a product changes
(`writes/rules.py`). A request finds the outcome ready: `Steering` is read with the shop's
configuration, and anew only when a rule was made, ended or matches something else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import aliased

from store import tables
from store.records import (
    NO_EFFECTS,
    PERSONAL,
    PLACEMENTS,
    Effects,
    Placement,
    Rule,
    RuleKind,
)

# Questions with a list of products stay below what a statement takes.
CHUNK = 500


class Kept(NamedTuple):
    """A rule as it is stored, and how many products it is about now."""

    id: int
    rule: Rule
    products: int


def every(connection: Connection, shop_id: int) -> list[Kept]:
    """The shop's rules, the oldest first, ended ones too."""
    r, match = tables.Rule, tables.RuleProduct
    count = select(func.count()).where(match.rule_id == r.id).scalar_subquery()
    rows = connection.execute(_columns(count).where(r.shop_id == shop_id).order_by(r.id))
    return [Kept(row[0], _rule(row), row[-1]) for row in rows]


def _columns(last: Any) -> Any:
    r = tables.Rule
    return select(
        r.id, r.kind, r.field, r.value, r.low, r.high, r.placement, r.strength, r.starts_at,
        r.ends_at, last,
    )  # fmt: skip


def _rule(row: Sequence[Any]) -> Rule:
    return Rule(*row[1:10])


# --- which products -------------------------------------------------------------------------------


class Facts(NamedTuple):
    """What a rule can see of a product."""

    key: int
    external_id: str
    title: str
    product_type: str
    vendor: str
    tags: Sequence[str]
    price_minor: int | None
    cost_minor: int | None
    categories: Collection[str]


def facts(
    connection: Connection, shop_id: int, keys: Sequence[int] | None = None
) -> Iterable[Facts]:
    """Of these products, or of all the shop told of."""
    p, pc = tables.Product, tables.ProductCategory
    for some in _chunks(keys):
        mine = p.shop_id == shop_id
        if some is not None:
            mine &= p.id.in_(some)
        categories: dict[int, set[str]] = {}
        for key, category in connection.execute(
            select(pc.product_id, pc.category_id).join(p, p.id == pc.product_id).where(mine)
        ):
            categories.setdefault(key, set()).add(category)
        rows = connection.execute(
            select(
                p.id, p.external_id, p.title, p.product_type, p.vendor, p.tags, p.price_minor,
                p.cost_minor,
            ).where(mine, p.withheld != "unknown").order_by(p.id)
        )  # fmt: skip
        for row in rows:
            yield Facts(*row, categories.get(row[0], ()))


def _chunks(keys: Sequence[int] | None) -> Iterable[Sequence[int] | None]:
    if keys is None:
        return [None]
    return [keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK)]


def matches(rule: Rule, product: Facts) -> bool:
    """Whether the rule is about this product. Words count whatever their case."""
    wanted = rule.value.strip().casefold()
    match rule.field:
        case "product":
            return product.external_id == rule.value.strip()
        case "type":
            return product.product_type.strip().casefold() == wanted
        case "vendor":
            return product.vendor.strip().casefold() == wanted
        case "tag":
            return any(tag.strip().casefold() == wanted for tag in product.tags)
        case "category":
            return rule.value in product.categories
        case "price":
            return _within(rule, product.price_minor)
        case "margin":
            return _within(rule, margin(product.price_minor, product.cost_minor))


def margin(price_minor: int | None, cost_minor: int | None) -> int | None:
    """What is left of the price after the cost, in whole percent, rounded down; None: not told."""
    if not price_minor or cost_minor is None:
        return None
    return (price_minor - cost_minor) * 100 // price_minor


def _within(rule: Rule, value: int | None) -> bool:
    """An amount nobody told lies in no band."""
    if value is None or (rule.low is not None and value < rule.low):
        return False
    return rule.high is None or value < rule.high


def matching(connection: Connection, shop_id: int, rule: Rule) -> list[int]:
    """The keys of all products a rule, kept or only thought of, is about."""
    return [it.key for it in facts(connection, shop_id) if matches(rule, it)]


# --- what they do ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Steering:
    """Every active rule worked into what each placement has to do."""

    mark: tuple[tuple[int, int], ...]  # (rule, revision) of what is in it
    effects: Mapping[str, Effects]

    def on(self, placement: str) -> Effects:
        return self.effects.get(placement, NO_EFFECTS)


UNSTEERED = Steering((), {})


# Composed once: it is asked for every shop each second (`shop_config.py`).
_OF_SHOP = (
    _columns(tables.Rule.revision)
    .where(tables.Rule.shop_id == bindparam("shop"))
    .order_by(tables.Rule.id)
)


def steering(
    connection: Connection, shop_id: int, now: datetime, known: Steering = UNSTEERED
) -> Steering:
    """The steering of this moment; `known` itself where nothing has changed since."""
    rows = connection.execute(_OF_SHOP, {"shop": shop_id}).all()
    active = [(row[0], row[-1], rule) for row in rows if (rule := _rule(row)).active(now)]
    mark = tuple((key, revision) for key, revision, _ in active)
    if mark == known.mark:
        return known
    products = _matched(connection, [key for key, _ in mark])
    return Steering(mark, compiled([(rule, products.get(key, [])) for key, _, rule in active]))


def steering_with(
    connection: Connection, shop_id: int, now: datetime, draft: Rule, about: Sequence[int]
) -> Steering:
    """What it would be with one more rule, as if that held already: for trying it."""
    kept = [it for it in every(connection, shop_id) if it.rule.active(now)]
    products = _matched(connection, [it.id for it in kept])
    return Steering(
        (), compiled([*((it.rule, products.get(it.id, [])) for it in kept), (draft, about)])
    )


def _matched(connection: Connection, rules: Sequence[int]) -> dict[int, list[int]]:
    """Rule -> the products it is about."""
    match = tables.RuleProduct
    products: dict[int, list[int]] = {}
    for key, product in connection.execute(
        select(match.rule_id, match.product_id)
        .where(match.rule_id.in_(rules))
        .order_by(match.rule_id, match.product_id)
    ):
        products.setdefault(key, []).append(product)
    return products


def compiled(active: Iterable[tuple[Rule, Sequence[int]]]) -> dict[str, Effects]:
    """Rules and their products -> what each placement does. Hiding beats pinning; factors of
    several boosts and buries multiply."""
    active = list(active)
    return {placement: _on(placement, active) for placement in PLACEMENTS} if active else {}


def _on(placement: Placement, active: Sequence[tuple[Rule, Sequence[int]]]) -> Effects:
    pins: dict[int, None] = {}
    hidden: set[int] = set()
    sensitive: set[int] = set()
    weights: dict[int, float] = {}
    for rule, products in active:
        if rule.placement not in (None, placement):
            continue
        match rule.kind:
            case "pin":
                pins.update(dict.fromkeys(products))
            case "exclude":
                hidden.update(products)
            case "sensitive":
                sensitive.update(products)
            case "boost" | "bury":
                for product in products:
                    weights[product] = weights.get(product, 1.0) * rule.factor()
    if placement in PERSONAL:
        hidden |= sensitive
    return Effects(
        tuple(key for key in pins if key not in hidden),
        frozenset(hidden),
        weights,
        frozenset(sensitive),
    )


def about(
    connection: Connection, shop_id: int, keys: Sequence[int], placement: Placement, now: datetime
) -> dict[int, list[Rule]]:
    """Product -> the rules that touch it on a placement now, for explaining."""
    r, match = tables.Rule, tables.RuleProduct
    found: dict[int, list[Rule]] = {}
    for some in _chunks(keys):
        rows = connection.execute(
            _columns(match.product_id)
            .join(match, match.rule_id == r.id)
            .where(r.shop_id == shop_id, match.product_id.in_(some or ()))
            .order_by(r.id)
        )
        for row in rows:
            rule = _rule(row)
            if rule.active(now) and rule.placement in (None, placement):
                found.setdefault(row[-1], []).append(rule)
    return found


# --- what speaks against each other ---------------------------------------------------------------


class Conflict(NamedTuple):
    """Two rules that want different things of the same products at the same place and time."""

    first: int
    second: int
    products: int
    outcome: str


def conflicts(connection: Connection, shop_id: int, kept: Sequence[Kept]) -> list[Conflict]:
    """Among the shop's rules, as far as they share products."""
    rules = {it.id: it.rule for it in kept}
    one, other = aliased(tables.RuleProduct), aliased(tables.RuleProduct)
    rows = connection.execute(
        select(one.rule_id, other.rule_id, func.count())
        .join(other, (other.product_id == one.product_id) & (other.rule_id > one.rule_id))
        .where(one.rule_id.in_(rules), other.rule_id.in_(rules))
        .group_by(one.rule_id, other.rule_id)
        .order_by(one.rule_id, other.rule_id)
    )
    return [
        Conflict(a, b, count, outcome)
        for a, b, count in rows
        if (outcome := against(rules[a], rules[b]))
    ]


def conflicts_of(
    connection: Connection, kept: Sequence[Kept], draft: Rule, products: Sequence[int]
) -> list[Conflict]:
    """Of a rule that is only thought of (it stands as rule 0) with those there are."""
    rules = {it.id: it.rule for it in kept}
    match = tables.RuleProduct
    shared: dict[int, int] = {}
    for start in range(0, len(products), CHUNK):
        for key, count in connection.execute(
            select(match.rule_id, func.count())
            .where(match.rule_id.in_(rules), match.product_id.in_(products[start : start + CHUNK]))
            .group_by(match.rule_id)
        ):
            shared[key] = shared.get(key, 0) + count
    return [
        Conflict(key, 0, count, outcome)
        for key, count in sorted(shared.items())
        if (outcome := against(rules[key], draft))
    ]


_OUTCOMES: dict[frozenset[RuleKind], str] = {
    frozenset({"exclude", "pin"}): "Excluded products are not shown, pinned or not.",
    frozenset({"exclude", "boost"}): "Excluded products are not shown; the boost does nothing.",
    frozenset({"exclude", "bury"}): "Excluded products are not shown; burying does nothing more.",
    frozenset({"pin", "bury"}): "Pinned products come first; burying does nothing to them.",
    frozenset({"pin", "boost"}): "Pinned products come first; the boost does nothing to them.",
    frozenset({"boost", "bury"}): "Both count: the stronger one wins, equal ones cancel out.",
    frozenset({"pin", "sensitive"}): "Sensitive products stay out of personal shelves, pinned or "
    "not; elsewhere the pin holds.",
}


def against(one: Rule, other: Rule) -> str:
    """What happens where two rules meet; "" where they do not, or want the same."""
    places = one.placement is None or other.placement in (None, one.placement)
    first, second = sorted((one, other), key=_start)
    times = first.ends_at is None or _start(second) < first.ends_at.timestamp()
    if not (places and times):
        return ""
    return _OUTCOMES.get(frozenset({one.kind, other.kind}), "") if one.kind != other.kind else ""


def _start(rule: Rule) -> float:
    return rule.starts_at.timestamp() if rule.starts_at else float("-inf")


# --- what one can choose --------------------------------------------------------------------------


def choices(connection: Connection, shop_id: int) -> dict[str, list[tuple[str, str]]]:
    """Field -> (value, what people call it) that the shop's products have, for forms."""
    types: set[str] = set()
    vendors: set[str] = set()
    tags: set[str] = set()
    for it in facts(connection, shop_id):
        types.add(it.product_type)
        vendors.add(it.vendor)
        tags.update(it.tags)
    c = tables.Category
    categories = connection.execute(
        select(c.external_id, c.name).where(c.shop_id == shop_id).order_by(c.name)
    )
    return {
        "type": [(it, it) for it in sorted(types - {""})],
        "vendor": [(it, it) for it in sorted(vendors - {""})],
        "tag": [(it, it) for it in sorted(tags - {""})],
        "category": [(key, name) for key, name in categories],
    }
