"""The merchant's rules: what they say, what one more would change, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from plugin import access, headers, journal, preview, ruling
from plugin.db import connection, the_store
from plugin.numbers import Numbers
from plugin.shelves import config_of
from store.engine import writing
from store.reads import catalogue, rules
from store.reads.shop_config import ShopConfig
from store.records import PLACEMENTS, Placement, Rule
from store.writes import rules as writes

pages = Blueprint("rules", __name__, url_prefix="/admin/shops/<key>/rules")

# Shelves tried with and without a rule before it is kept: those of the best-selling products.
TRIED = 24
NAMED = 12  # products that a preview lists by name


@dataclass(frozen=True, slots=True)
class Told:
    """A rule in words, and whether it holds now."""

    id: int
    rule: Rule
    sentence: str
    products: int
    state: str  # now, later, over
    conflicts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Change:
    """The first shelf that a rule would change, before and after; and how many of those tried."""

    placement: Placement
    product: str
    before: Sequence[preview.Shown]
    after: Sequence[preview.Shown]
    changed: int
    tried: int


@pages.get("/")
def every(key: str) -> str:
    return _page()


@pages.get("/try")
def attempt(key: str) -> str | tuple[str, int]:
    """What a rule would do, before it is kept."""
    shop, asking = access.shop(), connection()
    try:
        rule = ruling.read(request.args, shop)
    except ruling.Unclear as unclear:
        return _page(unclear.message), 422
    kept = rules.every(asking, shop.id)
    about = rules.matching(asking, shop.id, rule)
    config = config_of(key)
    change = _change(asking, config, rule, about)
    if change:
        headers.allow_pictures(it.image for it in (*change.before, *change.after))
    said = {it.id: it.sentence for it in _told(asking, shop.id, kept)}
    return render_template(
        "rule_try.html",
        rule=rule,
        sentence=_sentence(asking, shop.id, rule),
        asked=request.args,
        products=len(about),
        named=catalogue.by_keys(asking, about[:NAMED]),
        conflicts=[
            (said[it.first], it.products, it.outcome)
            for it in rules.conflicts_of(asking, kept, rule, about)
        ],
        change=change,
        tried=TRIED,
    )


@pages.post("/")
def add(key: str) -> Response | tuple[str, int]:
    shop = access.shop()
    try:
        rule = ruling.read(request.form, shop)
    except ruling.Unclear as unclear:
        return _page(unclear.message), 422
    with writing(the_store().engine) as changing:
        number = writes.add_rule(changing, shop.id, rule, datetime.now(UTC))
        journal.note(changing, "rule made", f"{number}: {ruling.sentence(rule)}")
    flash("The rule is kept; shelves follow within a second, in cached pages within a minute.")
    return redirect(url_for("rules.every", key=key), 303)


@pages.get("/<int:number>/remove")
def confirm_remove(key: str, number: int) -> str:
    shop, asking = access.shop(), connection()
    for it in _told(asking, shop.id, rules.every(asking, shop.id)):
        if it.id == number:
            return render_template("rule_remove.html", it=it)
    return abort(404, "There is no such rule; it may have been removed meanwhile.")


@pages.post("/<int:number>/remove")
def remove(key: str, number: int) -> Response:
    shop = access.shop()
    with writing(the_store().engine) as changing:
        if not writes.remove_rule(changing, shop.id, number):
            abort(404, "There is no such rule; it may have been removed meanwhile.")
        journal.note(changing, "rule removed", str(number))
    flash("The rule is gone; shelves follow within a second.")
    return redirect(url_for("rules.every", key=key), 303)


def _page(fault: str | None = None) -> str:
    shop, asking = access.shop(), connection()
    return render_template(
        "rules.html",
        told=_told(asking, shop.id, rules.every(asking, shop.id)),
        choices=rules.choices(asking, shop.id),
        kinds=ruling.KIND,
        kind_help=ruling.KIND_HELP,
        fields=ruling.FIELD,
        strengths=ruling.STRENGTH,
        placements=PLACEMENTS,
        asked=request.values,
        fault=fault,
    )


def _told(asking: Connection, shop_id: int, kept: Sequence[rules.Kept]) -> list[Told]:
    now = access.shop().now()
    sentences = {it.id: _sentence(asking, shop_id, it.rule) for it in kept}
    disagree: dict[int, list[str]] = {}
    for it in rules.conflicts(asking, shop_id, kept):
        for mine, other in ((it.first, it.second), (it.second, it.first)):
            disagree.setdefault(mine, []).append(
                f"Meets “{sentences[other]}” on {it.products} "
                f"{'product' if it.products == 1 else 'products'}: {it.outcome}"
            )
    return [
        Told(
            it.id,
            it.rule,
            sentences[it.id],
            it.products,
            "now" if it.rule.active(now) else "over" if _over(it.rule, now) else "later",
            disagree.get(it.id, []),
        )
        for it in kept
    ]


def _over(rule: Rule, now: datetime) -> bool:
    return rule.ends_at is not None and rule.ends_at <= now


def _sentence(asking: Connection, shop_id: int, rule: Rule) -> str:
    title = ""
    if rule.field == "product":
        found = catalogue.search(asking, shop_id, rule.value, 1)
        title = f"“{found[0].title}”" if found and found[0].external_id == rule.value else ""
    elif rule.field == "category":
        title = dict(rules.choices(asking, shop_id)["category"]).get(rule.value, "")
    return ruling.sentence(rule, Numbers.of(access.shop()), title)


def _change(
    asking: Connection, config: ShopConfig, rule: Rule, about: Sequence[int]
) -> Change | None:
    """Shelves of the best-selling products tried with and without the rule; None: nothing is
    live to try."""
    wanted: list[Placement] = [rule.placement] if rule.placement else ["also_bought", "bestsellers"]
    if rule.kind == "sensitive":
        wanted = ["you_might_like", "also_bought"]
    places = [p for p in wanted if p in config.live]
    products = preview.examples(asking, config, TRIED)
    if not places or not products:
        return None
    steered = rules.steering_with(asking, config.shop.id, config.shop.now(), rule, about)
    first: Change | None = None
    changed = tried = 0
    for placement in places:
        for product in products:
            tried += 1
            before = preview.shelf(asking, config, placement, product.external_id)
            after = preview.shelf(
                asking, config, placement, product.external_id, effects=steered.on(placement)
            )
            if [it.id for it in before] != [it.id for it in after]:
                changed += 1
                first = first or Change(
                    placement, product.title, *preview.marked(before, after), 0, 0
                )
    if first is None:
        return Change(places[0], products[0].title, (), (), 0, tried)
    return Change(first.placement, first.product, first.before, first.after, changed, tried)
