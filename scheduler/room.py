"""How much may one training hold in memory, and what does it leave out where that is little?

Memory grows with the order lines. Where all of them would take more than there is, the newest are
learned from and the rest is left out: last year's orders say least. That is said, in the run's
progress, never silent; a training killed for memory would leave the shop with old lists for ever.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from recommenders.baskets import since
from recommenders.ease import MOST_PRODUCTS
from store.records import Catalogue, Interactions

MIB = 2**20
# What a training holds: the libraries and a thousand rows of voices, EASE's square of products, and
# so much for each line and product. Estimates that cover the two trainings whose peaks were seen:
# 1.5 GiB for 0.5M lines of 4k products, 3.0 GiB for 1.4M lines of 68k.
BASE = 700 * MIB
PER_EASE_CELL = 24
PER_LINE = 400
# What is told of the questions of past windows: more lines make more questions, until there are as
# many of them as a window asks at most.
PER_ASKED_LINE = 600
ASKED_LINES = 1_500_000
PER_PRODUCT = 10_000
# Of a page or a product in sight, read as columns and made into visits; a million were seen to take
# 90 MiB more.
PER_VIEW = 150
# Of what the machine has to spare: the shelves' workers and the database live there too.
SHARE = 0.7
LEAST_LINES = 10_000  # below, nothing is gained: the rest of the training takes more

_MEMINFO = Path("/proc/meminfo")
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def room(setting_mib: int, meminfo: Path = _MEMINFO, limits: tuple[Path, ...] = _LIMITS) -> int:
    """Bytes that a training may hold: what the owner says, or a share of what is free; 0: no
    bound, where neither is known."""
    if setting_mib:
        return setting_mib * MIB
    free = [_available(meminfo), *(_limit(path) for path in limits)]
    return int(SHARE * min((bytes_ for bytes_ in free if bytes_), default=0))


def _available(meminfo: Path) -> int:
    if not meminfo.exists():
        return 0
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _limit(path: Path) -> int:
    """A container's limit; "max", or a number beyond any machine, is none."""
    said = path.read_text().strip() if path.exists() else "max"
    return int(said) if said.isdigit() and int(said) < 2**50 else 0


def held_anyway(products: int) -> int:
    """Bytes, before the first order line."""
    return BASE + PER_PRODUCT * products + PER_EASE_CELL * min(products, MOST_PRODUCTS) ** 2


def fitting(
    interactions: Interactions, catalogue: Catalogue, bytes_: int, views: int = 0
) -> Interactions:
    """All lines, or the newest whole orders of which a training fits into so many bytes, beside so
    many page views."""
    lines = len(interactions.product)
    left = bytes_ - held_anyway(len(catalogue)) - PER_VIEW * views
    most = max(_lines_in(left), LEAST_LINES)
    if not bytes_ or most >= lines:
        return interactions
    first = int(interactions.order[lines - most])
    start = int(np.searchsorted(interactions.order, first + 1))  # the cut order is left out whole
    return _without_strangers(since(interactions, min(start, lines - 1), lines))


def lines_hold(lines: int) -> int:
    """Bytes of so many order lines and of the questions that they make."""
    return PER_LINE * lines + PER_ASKED_LINE * min(lines, ASKED_LINES)


def _lines_in(bytes_: int) -> int:
    """How many order lines fit: the inverse of `lines_hold`."""
    few = bytes_ // (PER_LINE + PER_ASKED_LINE)
    many = (bytes_ - PER_ASKED_LINE * ASKED_LINES) // PER_LINE
    return few if few <= ASKED_LINES else many


def _without_strangers(interactions: Interactions) -> Interactions:
    """Customers numbered anew, without those who have no order left."""
    known = interactions.customer >= 0
    kept, place = np.unique(interactions.customer[known], return_inverse=True)
    customer = np.full(len(known), -1, dtype=np.int32)
    customer[known] = place
    return replace(interactions, customer=customer, customer_keys=interactions.customer_keys[kept])
