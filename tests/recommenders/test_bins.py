"""The steps in which trees hear: the same as scikit-learn's own, at a fraction of the time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from recommenders.bins import Bins


def test_few_values_each_have_a_step_and_many_share_them_by_weight() -> None:
    told = np.array([[0, 1], [0, 2], [5, 3], [9, 4]], dtype=np.float32)
    bins = Bins.of(told, np.array([1.0, 1, 1, 5]), most=3)
    # Of 8 in all the thirds end at 2 2/3 and 5 1/3: within the third value and within the fourth.
    assert bins.ends.tolist() == [2.5, 7, 3, 4]
    assert bins.coded(told).tolist() == [[0, 0], [0, 0], [1, 0], [2, 1]]
    assert bins.coded(np.array([[-1, 99]], dtype=np.float32)).tolist() == [[0, 2]]


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 1_000))
def test_trees_grown_on_steps_say_what_they_would_have_said(seed: int) -> None:
    random = np.random.default_rng(seed)
    told = random.random((2_000, 4)).astype(np.float32)
    told[:, 1] = random.integers(0, 5, 2_000)
    told[:, 2] = np.where(random.random(2_000) < 0.8, 0, told[:, 2])
    right = (told[:, 0] * (told[:, 1] > 2) + told[:, 2] > 0.6).astype(np.int8)
    weight = np.where(right > 0, 1.0, 8.0)
    bins = Bins.of(told, weight, most=31)
    settled = {"max_iter": 5, "max_bins": 31, "early_stopping": False, "random_state": 1}
    with threadpool_limits(1):
        plain = HistGradientBoostingClassifier(**settled).fit(told, right, sample_weight=weight)
        ours = HistGradientBoostingClassifier(**settled).fit(
            bins.coded(told), right, sample_weight=weight
        )
        said = ours.decision_function(bins.coded(told))
        assert said == pytest.approx(plain.decision_function(told))
