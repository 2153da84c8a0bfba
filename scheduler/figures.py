"""How are a model's measures and changes told on a terminal, and to machines?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from recommenders.measure import Trial
from store.reads.versions import Change
from store.records import Measure

METRICS = {
    "ndcg@10": "NDCG@10",
    "hr@10": "hit rate",
    "recall@10": "recall",
    "coverage@10": "coverage",
    "gini@10": "Gini",
    "new@10": "new products",
    "small vendors@10": "small vendors",
    "ndcg@10, new customers": "NDCG@10, new customers",
    "ndcg@10, returning customers": "NDCG@10, returning",
}


def print_trial(trial: Trial) -> None:
    """One placement's contenders, the best first; then the shelf's gains, with their intervals."""
    by_strategy: dict[str, dict[str, Measure]] = {}
    for measure in trial.measures:
        by_strategy.setdefault(measure.strategy, {})[measure.metric] = measure
    told = {name: title for name, title in METRICS.items() if _any(trial.measures, name)}
    table = Table(title=f"{trial.placement}: what each strategy foresaw", title_justify="left")
    table.add_column("strategy")
    for title in told.values():
        table.add_column(title, justify="right")
    table.add_column("questions", justify="right")
    ordered = sorted(by_strategy.items(), key=lambda of: -of[1]["ndcg@10"].value)
    for strategy, found in ordered:
        # An interval for the figure that decides; the others only place it.
        cells = [cell(found.get(name), interval=name == "ndcg@10") for name in told]
        table.add_row(strategy, *cells, f"{found['ndcg@10'].queries:,}")
    print_table(table)
    for gain in (trial.gain, *trial.gains):
        peer = gain.metric.partition(" - ")[2]
        Console().print(f"  shelf over {peer}: {signed(gain)}", highlight=False)


def print_changes(changes: Sequence[Change], older: int, newer: int) -> None:
    """What the newer of two versions lists that the older did not."""
    table = Table(
        "strategy",
        "lists",
        "first ten kept",
        "first kept",
        "lists gone / new",
        "entered most",
        "left most",
        title=f"what changed in the lists from version {older} to {newer}",
        title_justify="left",
    )
    for change in changes:
        table.add_row(
            change.strategy,
            f"{change.compared:,}",
            f"{change.kept:.0%}",
            f"{change.same_first:.0%}",
            f"{change.gone:,} / {change.new:,}",
            "; ".join(f"{m.title} ({m.lists})" for m in change.entered[:2]) or "-",
            "; ".join(f"{m.title} ({m.lists})" for m in change.left[:2]) or "-",
        )
    print_table(table)


def print_table(table: Table) -> None:
    """As wide as the terminal; where there is none (a file, a log), wide enough to cut nothing."""
    console = Console()
    Console(width=None if console.is_terminal else 180).print(table)


def cell(measure: Measure | None, *, interval: bool = True) -> str:
    if measure is None:
        return ""
    if measure.low is None or measure.high is None or not interval:
        return f"{measure.value:.3f}"
    return f"{measure.value:.3f} [{measure.low:.3f}, {measure.high:.3f}]"


def signed(measure: Measure) -> str:
    """A difference with its 95 % interval."""
    low, high = measure.low or 0.0, measure.high or 0.0
    return f"{measure.value:+.3f} [{low:+.3f}, {high:+.3f}]"


def measure_json(measure: Measure) -> dict[str, Any]:
    return {
        "placement": measure.placement,
        "strategy": measure.strategy,
        "metric": measure.metric,
        "value": measure.value,
        "low": measure.low,
        "high": measure.high,
        "queries": measure.queries,
    }


def changes_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [asdict(change) for change in changes]


def _any(measures: Iterable[Measure], metric: str) -> bool:
    return any(measure.metric == metric for measure in measures)
