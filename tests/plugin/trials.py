"""Split tests with a known truth, judged day by day as the scheduler judges them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from experiments import assess
from experiments.health import Signs
from experiments.outcome import Judgement
from experiments.report import Report
from experiments.shown import Day, Shown, shown
from experiments.verdict import FRESH
from store.engine import writing
from store.reads.experiments import Numbered
from store.records import Arm, Experiment, Offered, Unit
from store.writes import experiments as writes
from tests.plugin.site import Site

DAY = timedelta(days=1)
# Links live in the world's time, whatever day a shop is at.
NOW_ISH = datetime.now(UTC)


def units(
    experiment: Experiment,
    days: int,
    *,
    per_day: int = 400,
    control: float = 0.04,
    treatment: float = 0.04,
    share: float = 0.5,
    seed: int = 7,
) -> list[Unit]:
    """Visitors who enter evenly and buy with their arm's rate; orders are 5 to 120 in money."""
    dice = random.Random(seed)
    found = []
    for day in range(days):
        for _ in range(per_day):
            arm = "treatment" if dice.random() < share else "control"
            buys = dice.random() < (treatment if arm == "treatment" else control)
            found.append(
                Unit(
                    arm=arm,  # type: ignore[arg-type]
                    entered_at=experiment.started_at + day * DAY + dice.random() * DAY,
                    orders=int(buys),
                    revenue_minor=dice.randrange(500, 12_000) if buys else 0,
                    clicks=int(dice.random() < 0.08),
                    attributed_minor=2_000 if buys and arm == "treatment" else 0,
                    led_by="blend" if len(found) % 3 else "similar",
                )
            )
    return found


def run(
    site: Site,
    numbered: Numbered,
    days: int,
    *,
    currency: str = "GBP",
    **truth: float,
) -> Report:
    """Let `days` pass: each is judged and kept, and so is the report, as `scheduler.tally` does."""
    experiment = numbered.experiment
    seen = units(experiment, days, **truth)  # type: ignore[arg-type]
    running, judgement = FRESH, None
    for day in range(1, days + 1):
        end_at: datetime = experiment.started_at + day * DAY
        judgement = assess.judge_day(
            experiment, assess.day_tally(experiment, seen, end_at), running
        )
        running = judgement.running
        keep(site, numbered, end_at, judgement)
    until_at = experiment.started_at + days * DAY
    day = assess.day_tally(experiment, seen, until_at)
    judgement = judgement or assess.judge_day(experiment, day)
    report = assess.report(
        experiment,
        day,
        judgement,
        currency,
        Signs(orders=900, orders_without_visitor=40, page_views=20_000, page_views_known=15_000),
        assess.part_sums(experiment, seen, until_at),
        [unit for unit in seen if unit.orders],
        shown=seen_by(experiment),
    )
    site.say_report(numbered, report.to_json(), until_at)
    return report


def seen_by(experiment: Experiment) -> Shown | None:
    """Treatment had a shelf of eight of forty products in sight, control always the same four."""
    offered = {
        key: Offered(True, f"Vendor {key % 5}", experiment.started_at - key * DAY, 100 // key)
        for key in range(1, 41)
    }
    views: list[tuple[Arm, list[int]]] = [
        ("treatment", [1 + (3 * view + place) % 40 for place in range(8)]) for view in range(500)
    ]
    views += [("control", [1, 2, 3, 4])] * 480
    return shown([Day.of(experiment.started_at, views)], offered)


def keep(site: Site, numbered: Numbered, end_at: datetime, judgement: Judgement) -> None:
    with writing(site.store.engine) as connection:
        writes.append_verdict(
            connection,
            numbered.experiment.id,
            end_at.date().isoformat(),
            judgement.running.to_json(),
            judgement.to_json(),
        )
