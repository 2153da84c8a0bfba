"""Are our shelves good enough on all sets of orders together? The figures of `accuracy.py`, kept.

docs/accuracy.csv has a row for each set, shop (a cut of the set, or an imitation of another shop),
task and contender, so that runs of hours can be made piece by piece, each replacing its own rows.
The bars are those of the project: at each cut no task significantly below its best peer picked
afterwards, on the mean of sets, cuts and tasks 8 % above it, and in no imitation significantly
below the better of popularity and own frequency.
"""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

KEPT = Path("docs/accuracy.csv")
BAR = 0.08  # on the mean of sets, cuts and tasks, over the best peer of each
SHELF = "shelf"
SIMPLE = ("popularity", "own frequency")


@dataclass(frozen=True)
class Result:
    """One contender in one task. `low` and `high`: 95 % of the shelf's NDCG@10 minus its own."""

    set: str
    shop: str
    cut: bool  # a rolling cut of the whole set, not an imitation
    task: str
    questions: int
    contender: str
    ours: bool
    ndcg: float
    coverage: float
    low: float
    high: float
    code: str  # the commit that was measured; with a + where files differed from it


@dataclass(frozen=True)
class Contest:
    """One task of one shop, everybody in it."""

    results: tuple[Result, ...]

    @property
    def name(self) -> str:
        first = self.results[0]
        return f"{first.set}, {first.shop}, {first.task}"

    @property
    def code(self) -> str:
        return self.results[0].code

    @property
    def cut(self) -> bool:
        return self.results[0].cut

    def of(self, contender: str) -> Result | None:
        return next((r for r in self.results if r.contender == contender), None)

    def best(self, among: tuple[str, ...] = ("",)) -> Result:
        """The best peer (picked afterwards) whose name begins so."""
        peers = [r for r in self.results if not r.ours and r.contender.startswith(among)]
        return max(peers, key=lambda r: r.ndcg)

    def gain(self, over: Result) -> float:
        """The shelf's share more than a peer's NDCG@10."""
        shelf = self.of(SHELF)
        return (shelf.ndcg if shelf else 0.0) / max(over.ndcg, 1e-9) - 1


def commit() -> str:
    """The commit whose code is being measured."""
    head = _git("rev-parse", "--short=8", "HEAD")
    return head + "+" * bool(_git("status", "--porcelain", "--", "*.py"))


def _git(*command: str) -> str:
    done = subprocess.run(["git", *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def keep(results: Iterable[Result], kept: Path = KEPT) -> None:
    """Write these rows down, in place of all there were of the same set, shop and task."""
    new = list(results)
    run = {(r.set, r.shop, r.task) for r in new}
    rows = [r for r in read(kept) if (r.set, r.shop, r.task) not in run] + new
    with kept.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Result)], lineterminator="\n")
        writer.writeheader()
        for r in sorted(rows, key=lambda r: (r.set, not r.cut, r.shop, r.task, r.ours)):
            row = asdict(r)
            writer.writerow({n: f"{v:.5f}" if type(v) is float else v for n, v in row.items()})


def read(kept: Path = KEPT) -> list[Result]:
    """The rows written down so far."""
    if not kept.exists():
        return []
    kinds = {"bool": lambda text: text == "True", "int": int, "float": float}
    with kept.open(newline="", encoding="utf-8") as file:
        return [
            Result(**{f.name: kinds.get(str(f.type), str)(row[f.name]) for f in fields(Result)})
            for row in csv.DictReader(file)
        ]


def contests(results: Sequence[Result]) -> list[Contest]:
    found: dict[tuple[str, str, str], list[Result]] = {}
    for r in results:
        found.setdefault((r.set, r.shop, r.task), []).append(r)
    return [Contest(tuple(rows)) for rows in found.values()]


def tables(results: Sequence[Result]) -> str:
    """One set: NDCG@10 of every contender, a column for each shop and task."""
    held = contests(results)
    parts = []
    for task in dict.fromkeys(r.task for r in results):
        mine = [c for c in held if c.results[0].task == task]
        names = list(dict.fromkeys(r.contender for c in mine for r in c.results))
        head = "".join(f"{f'({i + 1})':>9}" for i in range(len(mine)))
        lines = [f"task {task}: NDCG@10 (coverage of the catalogue)"]
        lines += [f"  ({i + 1}) {_asked(c)}" for i, c in enumerate(mine)]
        lines.append(f"{'':<24}{head}")
        for name in names:
            cells = [c.of(name) for c in mine]
            told = "".join(f"{_cell(r):>9}" for r in cells)
            lines.append(f"{name:<24}{told}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _asked(contest: Contest) -> str:
    first = contest.results[0]
    return f"{first.shop}, {first.questions} questions, code {contest.code}"


def _cell(r: Result | None) -> str:
    return "" if r is None else f"{r.ndcg:.3f} {r.coverage:.2f}"[1:]


def summary(results: Sequence[Result]) -> str:
    """Each task in a line, and the bars: by how much, and which tasks miss them."""
    held = contests(results)
    cuts, others = [c for c in held if c.cut], [c for c in held if not c.cut]
    lines = []
    if cuts:
        lines += _over(cuts, ("",), "the best peer picked afterwards")
        gains = [c.gain(c.best()) for c in cuts]
        mean = sum(gains) / len(gains)
        verdict = "meets" if mean >= BAR else "misses"
        lines.append(f"mean of {len(cuts)} tasks: {mean:+.1%}, which {verdict} {BAR:+.0%}")
        lines.append(f"significantly below the best peer: {_below(cuts, ('',))}")
    if others:
        lines += ["", *_over(others, SIMPLE, "the better of popularity and own frequency")]
        lines.append(f"significantly below that simple answer: {_below(others, SIMPLE)}")
    return "\n".join(lines)


def _over(held: Sequence[Contest], among: tuple[str, ...], whom: str) -> list[str]:
    lines = [f"the shelf over {whom} (95 % interval of the difference)"]
    for c in held:
        best = c.best(among)
        lines.append(
            f"  {c.name:<70}{c.gain(best):>+7.1%} [{best.low:+.4f}, {best.high:+.4f}] "
            f"{best.contender} (code {c.code})"
        )
    return lines


def _below(held: Sequence[Contest], among: tuple[str, ...]) -> str:
    return "; ".join(c.name for c in held if c.best(among).high < 0) or "none"
