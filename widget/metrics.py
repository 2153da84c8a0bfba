"""What this process counts of its own answers, for Prometheus."""

from __future__ import annotations

from functools import cache
from typing import Any

from prometheus_client import Histogram

_ANSWERED = Histogram(
    "alongside_storefront_seconds",
    "Time to answer a storefront request, by address and status.",
    ("address", "status"),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5),
)


def observe(rule: str, status: int, seconds: float) -> None:
    """`rule`, never the path: paths hold keys, and strangers can make up any number of them."""
    _answered(rule, status).observe(seconds)


@cache
def _answered(rule: str, status: int) -> Any:
    return _ANSWERED.labels(rule, str(status))
