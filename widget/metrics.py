"""What Prometheus is told: what this process counted of its answers, and how the shops fare.

Counters and histograms are of the process (of all workers with PROMETHEUS_MULTIPROC_DIR); the
gauges are read from the store when somebody asks. A shop is its row's number: keys are for pages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from prometheus_client import REGISTRY as THIS_PROCESS
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Engine

from store.engine import reading
from store.reads.gauges import gauges

_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
_ANSWERED = Histogram(
    "alongside_storefront_seconds",
    "Time to answer a storefront request, by address and status.",
    ("address", "status"),
    buckets=_BUCKETS_S,
)
_SHELVES = Histogram(
    "alongside_shelf_seconds",
    "Time to answer a shelf, by placement and by what led it: a strategy, or nothing. The share "
    "led by bestseller is that of the fallback.",
    ("placement", "led_by"),
    buckets=_BUCKETS_S,
)
_EVENTS = Counter(
    "alongside_events_total", "Events that browsers sent, by what became of them.", ("outcome",)
)
_UNREADABLE = Counter(
    "alongside_unreadable_lists_total",
    "Lists that a shelf wanted and could not read; it went on to the next of its chain.",
)


def observe(rule: str, status: int, seconds: float) -> None:
    """`rule`, never the path: paths hold keys, and strangers can make up any number of them."""
    _answered(rule, status).observe(seconds)


def observe_shelf(placement: str, led_by: str, seconds: float) -> None:
    _shelves(placement, led_by).observe(seconds)


def count_events(accepted: int, rejected: int) -> None:
    _EVENTS.labels("accepted").inc(accepted)
    _EVENTS.labels("rejected").inc(rejected)


def count_unreadable(lists: int) -> None:
    _UNREADABLE.inc(lists)


@cache
def _answered(rule: str, status: int) -> Any:
    return _ANSWERED.labels(rule, str(status))


@cache
def _shelves(placement: str, led_by: str) -> Any:
    return _SHELVES.labels(placement, led_by)


def page(engine: Engine) -> bytes:
    """Everything, in Prometheus' text form."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(THIS_PROCESS)
    registry.register(_Shops(engine))
    return generate_latest(registry)


class _Shops:
    """A collector that asks the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = datetime.now(UTC)
        lists = _gauge("alongside_list_age_seconds", "Since the oldest live model was trained.")
        sync = _gauge("alongside_sync_lag_seconds", "Since the last sync that ended well.")
        training = _gauge("alongside_training_seconds", "How long the last training took.")
        memory = _gauge("alongside_training_memory_bytes", "The most the last training held.")
        waiting = _gauge("alongside_webhooks_waiting", "Webhooks not yet worked on.")
        with reading(self._engine) as connection:
            every = gauges(connection)
        for shop in every:
            name = [str(shop.shop)]
            if shop.lists_trained_at:
                lists.add_metric(name, (now - shop.lists_trained_at).total_seconds())
            if shop.synced_at:
                sync.add_metric(name, (now - shop.synced_at).total_seconds())
            if shop.training_s is not None:
                training.add_metric(name, shop.training_s)
            if shop.training_bytes is not None:
                memory.add_metric(name, shop.training_bytes)
            waiting.add_metric(name, shop.webhooks_waiting)
        yield from (lists, sync, training, memory, waiting)


def _gauge(name: str, says: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, labels=["shop"])
