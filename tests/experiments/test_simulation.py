"""A seeded slice of the simulation: the rule's promise is kept, and the harness can fail.

`python -m tests.bench.statistics` runs the whole table with its bars. Here a few hundred runs of
some cells, so the bars leave room for chance: four standard errors above what was promised, which
a rule that peeks without paying (27 %) passes by far.
"""

from __future__ import annotations

import math

import pytest

from tests.bench.statistics import (
    CELLS,
    COVERED,
    DAILY_01,
    DAILY_05,
    FIXED,
    HYBRID,
    NAIVE,
    STRICT,
    Cell,
    measure,
    missed,
)

SEED = 20260302
CELL = {cell.name: cell for cell in CELLS}


def above(promised: float, runs: int) -> float:
    return promised + 4 * math.sqrt(promised * (1 - promised) / runs)


@pytest.fixture(scope="module")
def no_effect():
    return measure(300, SEED, [CELL["A/A 500"]])


@pytest.fixture(scope="module")
def effect():
    return measure(100, SEED, [CELL["+10% 10k"]])


@pytest.mark.parametrize("metric", ["cvr", "rpv"])
def test_without_effect_the_rule_is_seldom_wrong_though_it_looks_daily(no_effect, metric):
    assert no_effect[HYBRID, metric, "A/A 500"] < above(0.05, 300)
    assert no_effect[STRICT, metric, "A/A 500"] < above(0.05, 300)
    assert no_effect[DAILY_01, metric, "A/A 500"] < above(0.01, 300)
    assert no_effect[DAILY_05, metric, "A/A 500"] < above(0.05, 300)


@pytest.mark.parametrize("metric", ["cvr", "rpv"])
def test_a_plain_test_looked_at_daily_is_wrong_far_too_often(no_effect, metric):
    assert no_effect[NAIVE, metric, "A/A 500"] > 0.20
    assert no_effect[FIXED, metric, "A/A 500"] < above(0.05, 300)


def test_an_effect_is_found(effect):
    assert effect[HYBRID, "cvr", "+10% 10k"] >= 0.97
    assert effect[HYBRID, "rpv", "+10% 10k"] >= 0.80
    assert effect[DAILY_01, "cvr", "+10% 10k"] >= 0.70


@pytest.mark.parametrize("metric", ["cvr", "rpv"])
def test_the_interval_that_is_shown_holds_the_truth(effect, no_effect, metric):
    assert effect[COVERED, metric, "+10% 10k"] >= 0.88  # .95, less what 100 runs leave to chance
    assert no_effect[COVERED, metric, "A/A 500"] >= 0.90


def test_the_same_seed_gives_the_same_shops():
    small = Cell("A/A 100", 100, 0.02, 0.0)
    assert measure(3, 7, [small]) == measure(3, 7, [small])


def test_every_bar_of_the_table_can_be_missed():
    methods = (NAIVE, FIXED, DAILY_05, DAILY_01, HYBRID, STRICT, COVERED)
    peeking = {
        (method, metric, cell.name): 0.15
        for method in methods
        for metric in ("cvr", "rpv")
        for cell in CELLS
    }
    wrong = missed(peeking)
    # By metric: hybrid with and without minimums, pooled and in 3 cells; the daily part at two
    # levels and the naive test in 3 cells each; the intervals in all 6; and the power of 4 cells.
    assert len(wrong) == 2 * (2 * (1 + 3) + 3 * 3 + 6) + 4
