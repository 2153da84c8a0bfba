"""A seeded slice of `make prove PART=truth`; and planted faults, each found and named.

The slice is too small for the bars; it shows that the harness, the rule and the store agree.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.opening import Store
from tests.truth.__main__ import SEED, UPLIFTS, table, truths
from tests.truth.looking import LAST_LOOK, looks, read
from tests.truth.stored import told
from tests.truth.world import DAYS, Truth, make

# A shop that is healthy but for what a test plants in it.
HEALTHY = Truth(seed=3, uplift=0.05, per_day=60, rate=0.15, blocked=0.0)


def test_ten_shops_are_told_the_truth_though_their_merchants_look_daily() -> None:
    found = [(truth, read(make(truth))) for truth in truths(10, SEED, UPLIFTS)]
    text, figures = table(found)
    assert figures["covered"] >= 0.8
    assert figures["data problem"] == 0
    assert "| +20% |" in text
    assert not any(one.said == "hurting" for truth, one in found if truth.uplift > 0), (
        "a helping shelf is never called hurting here"
    )


def test_the_same_seed_is_the_same_shop() -> None:
    truth = Truth(seed=7, per_day=20)
    assert make(truth) == make(truth)
    assert make(truth).visitors != make(replace(truth, seed=8)).visitors


def test_a_strong_effect_is_found_and_its_interval_holds_it() -> None:
    found = read(make(Truth(seed=5, uplift=0.6, per_day=150, rate=0.18)))
    assert found.said == "helping"
    assert found.covers
    assert found.covers_at_end


def test_the_store_counts_what_the_daily_looks_count(store: Store) -> None:
    world = make(HEALTHY)
    (last,) = [look for look in looks(world) if look.day == LAST_LOOK]
    report = told(store, world, LAST_LOOK)
    for arm, ours in (("control", report.control), ("treatment", report.treatment)):
        theirs = getattr(last.tally.mature, arm)
        assert (ours.mature, ours.converters, ours.orders) == (
            theirs.visitors,
            theirs.converters,
            theirs.orders,
        )
        assert ours.revenue_minor == theirs.revenue_minor
        assert ours.capped_minor == theirs.capped_minor
    assert report.health.robots == last.tally.entered.control.robots + (
        last.tally.entered.treatment.robots
    )
    assert report.verdict == last.judgement.verdict


FAULTS = {
    "nothing": ({}, ()),
    "an exposure bias of 52 to 48": (
        {"tilt": 0.04, "per_day": 400, "rate": 0.02, "robots": 0.0},
        ("uneven_split",),
    ),
    "a beacon dropped in one arm": ({"lost_in_treatment": 0.08}, ("lost_exposures",)),
    "a beacon dropped so often that the split tilts": (
        {"lost_in_treatment": 0.25},
        ("lost_exposures",),
    ),
    "a thank-you page that counts twice": ({"doubled": 0.2}, ("doubled_orders",)),
    "orders without visitors": ({"nameless": 0.3}, ("orders_without_visitor",)),
    "blocked beacons": ({"blocked": 0.3}, ("blocked_beacons",)),
    "earlier buyers dealt into one arm": (
        {"past_tilt": 0.6, "bought_before": 0.5},
        ("unequal_past",),
    ),
    "one arm finds nothing to show": ({"emptied": 0.02}, ("unequal_chances",)),
    "this server's clock is behind": ({"clock_ahead_s": 420.0}, ("clock_skew",)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_named_and_nothing_else_is(store: Store, fault: str) -> None:
    planted, doubts = FAULTS[fault]
    report = told(store, make(replace(HEALTHY, **planted)), DAYS, every_s=3_600)
    assert report.health.doubts == doubts
    lopsided = fault.startswith(("an exposure bias", "a beacon dropped so often"))
    assert (report.verdict.kind == "lopsided") == lopsided
