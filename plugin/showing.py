"""What shoppers saw, written out: how far the shelves of a test reached into the catalogue.

The figures are `experiments.shown`'s; what each is good for is said in `templates/terms.html`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.shown import Group, Shown, ShownArm
from plugin import words
from plugin.numbers import Numbers


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    control: str
    treatment: str
    term: str = ""


@dataclass(frozen=True, slots=True)
class GroupLine:
    label: str
    sold: str
    control: str
    treatment: str


@dataclass(frozen=True, slots=True)
class Showing:
    sentence: str
    lines: Sequence[Line]
    vendors: Sequence[GroupLine]
    products: Sequence[GroupLine]


def told(it: Shown, say: Numbers) -> Showing:
    return Showing(
        _sentence(it, say),
        _lines(it, say),
        [_group(group, say) for group in it.groups if group.of == "vendors"],
        [_group(group, say) for group in it.groups if group.of == "products"],
    )


def _sentence(it: Shown, say: Numbers) -> str:
    """What it comes to, for whoever reads no table."""
    treatment, control = it.treatment, it.control
    if treatment.coverage is None:
        return "Nobody with the shelf has had it in sight yet."
    text = (
        f"Of the {say.count(it.sellable)} products that can be bought, the shelf put "
        f"{say.percent(treatment.coverage)} in front of somebody"
    )
    if control.coverage is None:
        return f"{text}."
    return f"{text}; what the other group saw, {say.percent(control.coverage)}."


def _lines(it: Shown, say: Numbers) -> list[Line]:
    def line(label: str, of: str, term: str, *, decimals: int | None = None) -> Line:
        def write(arm: ShownArm) -> str:
            value = getattr(arm, of)
            return say.percent(value) if decimals is None else say.decimal(value, decimals)

        return Line(label, write(it.control), write(it.treatment), term)

    control, treatment = it.control, it.treatment
    views, products = (
        (say.count(getattr(control, of)), say.count(getattr(treatment, of)))
        for of in ("views", "products")
    )
    found = [
        Line("Shelves in sight", *views, "in_sight"),
        Line("Different products on them", *products),
        line("Coverage of what can be bought", "coverage", "covered"),
        line("Places of the tenth of products shown most", "top_tenth", "top_tenth"),
        line("Unevenness (Gini)", "gini", "gini", decimals=2),
    ]
    if treatment.new is not None or control.new is not None:
        found.append(line("Places of new products", "new", "new_places"))
    return found


def _group(group: Group, say: Numbers) -> GroupLine:
    return GroupLine(
        f"{words.SIZE[group.of, group.size]} ({say.count(group.members)})",
        say.percent(group.sold),
        say.percent(group.control),
        say.percent(group.treatment),
    )
