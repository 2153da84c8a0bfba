"""The arm of a visitor: the same everywhere, even, and independent between experiments."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from experiments.assign import BUCKETS, arm, bucket, held_out

CASES = json.loads((Path(__file__).parent / "golden" / "statistics_cases.json").read_text())


def test_buckets_are_those_of_the_reference_vector():
    (case,) = [case for case in CASES["cases"] if case["id"] == "A01"]
    assert [bucket(salt, unit) for salt, unit in case["input"]] == (
        case["expected"]["bucket"]["value"]
    )


@given(salt=st.text(), unit=st.text(st.characters()), share=st.integers(0, BUCKETS))
def test_every_id_has_one_bucket_and_one_arm(salt, unit, share):
    assert 0 <= bucket(salt, unit) < BUCKETS
    assert (arm(salt, unit, share) == "treatment") == (bucket(salt, unit) < share)
    assert arm(salt, unit, 0) == "control"
    assert arm(salt, unit, BUCKETS) == "treatment"


def test_a_share_of_n_is_the_first_n_buckets_and_no_more():
    at = bucket("exp_1", "visitor-0")
    assert arm("exp_1", "visitor-0", at) == "control"
    assert arm("exp_1", "visitor-0", at + 1) == "treatment"
    assert not held_out("exp_1", "visitor-0", at)
    assert held_out("exp_1", "visitor-0", at + 1)


def test_a_lone_surrogate_gets_an_arm_and_no_exception():
    assert arm("salt", "\ud800") in ("treatment", "control")


def test_ten_thousand_visitors_split_evenly():
    treated = sum(arm("a", f"{n:032x}") == "treatment" for n in range(10_000))
    assert abs(treated - 5_000) < 3.29 * math.sqrt(10_000 / 4)  # 99.9 % of fair splits


def test_two_experiments_split_independently_of_each_other():
    both = Counter((arm("a", str(n)), arm("b", str(n))) for n in range(20_000))
    for count in both.values():
        assert abs(count - 5_000) < 3.89 * math.sqrt(20_000 * 3 / 16)  # 99.99 % of fair splits


def test_the_holdout_takes_its_share_from_both_arms_alike():
    held = [str(n) for n in range(40_000) if held_out("shop", str(n), 500)]
    assert abs(len(held) - 2_000) < 3.89 * math.sqrt(40_000 * 0.05 * 0.95)
    treated = sum(arm("experiment", unit) == "treatment" for unit in held)
    assert abs(treated - len(held) / 2) < 3.89 * math.sqrt(len(held) / 4)


def test_what_web_workers_import_loads_no_heavy_library():
    code = (
        "import sys, experiments.assign, experiments.token\n"
        "print([name for name in ('numpy', 'scipy', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run(  # the modules must be seen in a process that has loaded nothing yet
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
