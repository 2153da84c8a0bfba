"""docs/statistics.md says what the product says: its examples are worked by the product."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from experiments.plan import plan
from experiments.report import Report, build
from experiments.sentence import sentence
from experiments.tally import Arms
from experiments.verdict import judge
from plugin.numbers import Numbers, locale
from tests.experiments.shops import START, day, experiment, tally

GUIDE = Path(__file__).parents[2] / "docs" / "statistics.md"


def guide() -> str:
    """The text on one line, without list indents, as a sentence in it would be read."""
    return re.sub(r"\s+", " ", GUIDE.read_text())


def worked(until: int) -> Report:
    """600 visitors a day in each arm; 3 % of control buys, 3.58 % of treatment, for 60.00."""
    planned = plan(1_200, 0.03, 0.20)
    test = experiment(
        window_s=7 * 86_400,
        ends_at=START + timedelta(days=planned.days),
        planned_visitors=planned.planned_visitors,
        planned_conversions=planned.planned_conversions,
    )
    known = []
    for number in range(1, until + 1):
        mature = 600 * max(0, number - 7)
        arms = [tally(mature, round(mature * rate)) for rate in (0.03, 0.0358)]
        arms[1] = replace(arms[1], attributed_minor=2_400_000)
        entered = Arms(tally(600 * number, 0), tally(600 * number, 0))
        known.append(day(number, *arms, entered))
    judgement = judge(test, known)
    return build(test, known[-1], judgement, currency="GBP")


@pytest.mark.parametrize("until", [5, 12, 20, 35])
def test_the_worked_example_is_what_the_product_says(until):
    assert sentence(worked(until), Numbers(locale("en-GB"), "GBP", UTC)) in guide()


def test_the_worked_examples_ratio_is_the_products():
    assert f"{worked(35).extra.ratio:.0%}" == "24%"
    assert "£24,000 were attributed to clicks. Of these, 24 % were extra" in guide()


def test_the_planners_table_is_the_planners():
    for visitors in (100, 1_200, 10_000):
        found = plan(visitors, 0.03, 0.20)
        days = found.days or "more than 56"
        row = (
            f"| {visitors:,} | +{found.detectable_4_weeks:.0%} | +{found.detectable_8_weeks:.0%} "
            f"| {days} |"
        )
        assert row.replace("% ", " % ") in guide()
