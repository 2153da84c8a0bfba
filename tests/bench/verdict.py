"""Are our shelves good enough on all sets of orders together? The figures of `accuracy.py`, kept.

One row for each set, shop (a cut of the set, or an imitation of another shop) and task, in
docs/accuracy.csv: runs of hours can be made piece by piece, each replacing its own rows. The bars
are those of the project: at each cut no task significantly below its best peer picked afterwards,
on the mean of sets, cuts and tasks 8 % above it, and in no imitation significantly below the
better of popularity and own frequency.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

KEPT = Path("docs/accuracy.csv")
BAR = 0.08  # on the mean of sets, cuts and tasks, over the best peer of each


@dataclass(frozen=True)
class Result:
    """How a shelf did in one task: against the best peer, and against the better simple answer.

    Gains are shares of the peer's NDCG@10, `low` and `high` the 95 % interval of the difference.
    """

    set: str
    shop: str
    cut: bool  # a rolling cut of the whole set, not an imitation
    task: str
    questions: int
    ndcg: float
    peer: str
    gain: float
    low: float
    high: float
    simple: str
    simple_gain: float
    simple_low: float
    simple_high: float


def keep(results: Iterable[Result], kept: Path = KEPT) -> None:
    """Write these rows down, in place of those of the same set, shop and task."""
    rows = {(r.set, r.shop, r.task): r for r in (*read(kept), *results)}
    with kept.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Result)], lineterminator="\n")
        writer.writeheader()
        for key in sorted(rows):
            row = asdict(rows[key])
            writer.writerow({n: f"{v:.5f}" if type(v) is float else v for n, v in row.items()})


def read(kept: Path = KEPT) -> list[Result]:
    """The rows written down so far."""
    if not kept.exists():
        return []
    with kept.open(newline="", encoding="utf-8") as file:
        return [
            Result(**{f.name: _value(str(f.type), row[f.name]) for f in fields(Result)})
            for row in csv.DictReader(file)
        ]


def _value(kind: str, text: str) -> object:
    if kind == "bool":
        return text == "True"
    return {"int": int, "float": float}.get(kind, str)(text)


def summary(results: Sequence[Result]) -> list[str]:
    """Each row in a line, and the three bars: by how much, and which rows miss them."""
    cuts = [r for r in results if r.cut]
    others = [r for r in results if not r.cut]
    said = []
    if cuts:
        said += [_over("best peer", [(r, r.peer, r.gain, r.low, r.high) for r in cuts])]
        mean = float(np.mean([r.gain for r in cuts]))
        below = [r for r in cuts if r.high < 0]
        said.append(f"mean of {len(cuts)} tasks: {mean:+.1%}; {_met(mean >= BAR)} of {BAR:+.0%}")
        said.append(f"significantly below the best peer: {_named(below)}")
    if others:
        told = [(r, r.simple, r.simple_gain, r.simple_low, r.simple_high) for r in others]
        said += [_over("simple answer", told)]
        below = [r for r in others if r.simple_high < 0]
        said.append(f"imitations significantly below the better simple answer: {_named(below)}")
    return said


def _over(heading: str, told: Sequence[tuple[Result, str, float, float, float]]) -> str:
    lines = [f"{'':<52}{'task':<10}{'NDCG@10':>8}  over the {heading}, 95 % of the difference"]
    for r, peer, gain, low, high in told:
        where = f"{r.set}, {r.shop}"
        lines.append(
            f"{where:<52}{r.task:<10}{r.ndcg:>8.4f}  {gain:>+7.1%} [{low:+.4f}, {high:+.4f}] {peer}"
        )
    return "\n".join(lines)


def _met(yes: bool) -> str:
    return "meets the bar" if yes else "misses the bar"


def _named(rows: Sequence[Result]) -> str:
    return "; ".join(f"{r.set}, {r.shop}, {r.task}" for r in rows) or "none"
