"""What several tests of recommenders ask for."""

from __future__ import annotations

import pytest

from recommenders.trees import Forest


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommenders.learn.Forest", lambda: Forest(trees=8, questions=100))
