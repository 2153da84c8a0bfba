"""What changes when a merchant makes or removes a rule, or a product it may be about changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from store import tables, upsert
from store.errors import Explained
from store.reads import rules as reads
from store.records import Placement, Rule, ShelfLook

# Every rule is looked at for every product that a sync brings: this many cost little.
MOST_RULES = 200


class TooManyRules(Explained):
    """The shop has as many rules as we keep."""


def add_rule(connection: Connection, shop_id: int, rule: Rule, now: datetime) -> int:
    """Keep a rule, and work out which products it is about; returns its number."""
    if len(reads.every(connection, shop_id)) >= MOST_RULES:
        raise TooManyRules(f"A shop has at most {MOST_RULES} rules. Remove one that ended.")
    rule_id = upsert.new_key(
        connection,
        tables.Rule,
        shop_id=shop_id,
        kind=rule.kind,
        field=rule.field,
        value=rule.value,
        low=rule.low,
        high=rule.high,
        placement=rule.placement,
        strength=rule.strength,
        starts_at=rule.starts_at,
        ends_at=rule.ends_at,
        revision=0,
        created_at=now,
    )
    _add_matches(connection, rule_id, reads.matching(connection, shop_id, rule))
    return rule_id


def remove_rule(connection: Connection, shop_id: int, rule_id: int) -> bool:
    """False where the shop has no such rule (any more)."""
    r = tables.Rule
    gone = connection.execute(delete(r).where(r.shop_id == shop_id, r.id == rule_id))
    return gone.rowcount == 1


def rematch(connection: Connection, shop_id: int, keys: Sequence[int]) -> None:
    """These products are new or have changed: which rules are about them now?"""
    kept = reads.every(connection, shop_id)
    if not kept or not keys:
        return
    r, match = tables.Rule, tables.RuleProduct
    seen = list(reads.facts(connection, shop_id, keys))
    rules = [it.id for it in kept]
    before: dict[int, set[int]] = {}
    for start in range(0, len(keys), reads.CHUNK):
        some = keys[start : start + reads.CHUNK]
        for rule_id, key in connection.execute(
            select(match.rule_id, match.product_id).where(
                match.rule_id.in_(rules), match.product_id.in_(some)
            )
        ):
            before.setdefault(rule_id, set()).add(key)
    for it in kept:
        wanted = {product.key for product in seen if reads.matches(it.rule, product)}
        had = before.get(it.id, set())
        if wanted == had:
            continue
        _add_matches(connection, it.id, sorted(wanted - had))
        gone = sorted(had - wanted)
        for start in range(0, len(gone), reads.CHUNK):
            connection.execute(
                delete(match).where(
                    match.rule_id == it.id, match.product_id.in_(gone[start : start + reads.CHUNK])
                )
            )
        connection.execute(update(r).where(r.id == it.id).values(revision=r.revision + 1))


def _add_matches(connection: Connection, rule_id: int, keys: Sequence[int]) -> None:
    if keys:
        connection.execute(
            insert(tables.RuleProduct), [{"rule_id": rule_id, "product_id": key} for key in keys]
        )


def save_look(connection: Connection, shop_id: int, placement: Placement, look: ShelfLook) -> None:
    """How a placement is shown from now on."""
    values = {
        "shown": look.shown,
        "heading": look.heading,
        "count": look.count,
        "layout": look.layout,
        "variety": look.variety,
    }
    statement = upsert.insert(connection, tables.PlacementRow).values(
        shop_id=shop_id, placement=placement, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=("shop_id", "placement"), set_=values)
    )
