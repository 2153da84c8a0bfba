"""How did parts of the visitors do, and do they come back? Descriptions beside the verdict.

A test of the whole shop says little about its parts: each part has fewer visitors, and of twenty
parts without any effect one will look proven. So parts have always-valid intervals, their p-values
are adjusted for being many (Benjamini & Hochberg 1995), and none of them ever decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from experiments.assign import BUCKETS
from experiments.beside import REPEAT_DAYS, Part, PartName, Repeat
from experiments.difference import benjamini_hochberg
from experiments.rule import RULE
from experiments.sequential import at_any_time
from experiments.tally import Arms
from store.records import Arm, Experiment, Unit


def parts(experiment: Experiment, sums: Mapping[PartName, Arms]) -> tuple[Part, ...]:
    """The parts that have visitors in both arms, in the given order."""
    alpha = RULE.alpha_daily
    planned = (
        experiment.planned_conversions
        if experiment.metric == "cvr"
        else experiment.planned_visitors
    )
    # Everybody entered in one of the weeks; the other parts overlap.
    weeks = (sums.get("first_week", Arms()), sums.get("later_weeks", Arms()))
    whole = sum(arms.visitors for arms in weeks) or sum(arms.visitors for arms in sums.values())
    found: list[Part] = []
    for name, arms in sums.items():
        if not arms.control.visitors or not arms.treatment.visitors:
            continue
        told = at_any_time(
            experiment.metric,
            arms,
            planned=max(1, round(planned * arms.visitors / max(whole, 1))),
            alpha=alpha,
            share=experiment.share / BUCKETS,
        )
        enough = min(arms.control.converters, arms.treatment.converters) >= RULE.start_conversions
        found.append(
            Part(
                name=name,
                visitors_control=arms.control.visitors,
                visitors_treatment=arms.treatment.visitors,
                control=told.control if told else None,
                treatment=told.treatment if told else None,
                lift=told.lift if told else None,
                lift_interval=told.lift_interval if told and enough else None,
                p=told.p if told and enough else None,
                level=1 - alpha,
            )
        )
    return _adjusted(found)


def _adjusted(found: Sequence[Part]) -> tuple[Part, ...]:
    tested = [(i, part.p) for i, part in enumerate(found) if part.p is not None]
    honest = dict(
        zip((i for i, _ in tested), benjamini_hochberg([p for _, p in tested]), strict=True)
    )
    return tuple(replace(part, p=honest.get(i)) for i, part in enumerate(found))


def repeats(buyers: Iterable[Unit], until_at: datetime) -> tuple[Repeat, ...]:
    """Repeat purchases by arm within 30, 60 and 90 days. They describe: who buys at all is itself
    an effect of the shelf.
    """
    known = [u for u in buyers if u.first_order_at is not None and not u.robot]
    found = []
    for days in REPEAT_DAYS:
        within = timedelta(days=days)
        arms: tuple[Arm, ...] = ("control", "treatment")
        for arm in arms:
            over = [
                (u.first_order_at, u.second_order_at)
                for u in known
                if u.arm == arm and u.first_order_at and u.first_order_at + within <= until_at
            ]
            again = sum(
                second is not None and first is not None and second - first < within
                for first, second in over
            )
            found.append(Repeat(arm, days, len(over), again))
    return tuple(found)
