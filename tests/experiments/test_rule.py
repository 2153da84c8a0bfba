"""The rule's numbers, and which of them are refused."""

from __future__ import annotations

import pytest

from experiments.rule import RULE, Rule


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha_daily": 0.0},
        {"alpha_daily": 0.5, "alpha_end": 0.5},
        {"min_days": 60},
        {"min_conversions": -1},
        {"split_alarm": 1.0},
        {"split_concentration": 0.0},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_birth(wrong):
    with pytest.raises(ValueError, match=r"must|cannot|lie"):
        Rule(**wrong)


def test_the_rule_is_the_one_that_was_designed():
    assert (RULE.alpha_daily, RULE.alpha_end) == (0.01, 0.04)
    assert (RULE.min_days, RULE.max_days, RULE.min_conversions) == (14, 56, 100)
