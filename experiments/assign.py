"""Which arm does a visitor belong to? A salted hash, the same on every server and in every year.

Nothing is stored or drawn here: the arm of a visitor follows from the experiment's salt and the
visitor's id alone, so that any process can work it out again. Storing the arm at the first
exposure, and what happens when two devices turn out to be one person, are left to the store.

Runs in web workers on every request: standard library only.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from store.records import Arm

BUCKETS = 10_000  # shares can be set to a hundredth of a per cent
EVEN = 5_000  # half of the buckets: the split that finds a difference soonest


def bucket(salt: str, unit: str) -> int:
    """0 .. 9,999 for `unit` (a visitor's id) under `salt` (each experiment has its own).

    The first 13 hexadecimal digits of SHA-256 are 52 bits, which a JavaScript number holds
    exactly: a browser and a server agree. 2**52 is not a multiple of 10,000, but the first
    buckets are favoured by less than one visitor in 10**11.
    """
    hashed = _salted(salt).copy()  # to find the hash anew takes longer than to use it
    hashed.update(_encoded(unit))
    return int(hashed.hexdigest()[:13], 16) % BUCKETS


@lru_cache(maxsize=1_024)
def _salted(salt: str) -> hashlib._Hash:
    return hashlib.sha256(_encoded(f"{salt}:"))


def _encoded(text: str) -> bytes:
    # A lone surrogate in an id gets a bucket like any other, not an exception.
    return text.encode("utf-8", "surrogatepass")


def arm(salt: str, unit: str, share: int = EVEN) -> Arm:
    """The arm of `unit`; `share` of the 10,000 buckets go to treatment."""
    return "treatment" if bucket(salt, unit) < share else "control"


def held_out(salt: str, unit: str, share: int) -> bool:
    """Is `unit` in the shop-wide holdout, which sees no shelf at all? Ask this before `arm`.

    `salt` is the shop's own holdout salt, never an experiment's: with the same salt everyone held
    out would be missing from the treatment arm only.
    """
    return bucket(salt, unit) < share
