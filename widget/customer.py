"""Is a signed customer id genuine? Made by the platform package, checked here, never trusted."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

LONGEST_AHEAD_S = 24 * 3600


def read(keys: Sequence[bytes], text: str, now: datetime) -> str | None:
    """The customer id in `<id>.<expires>.<hmac>`; None for a bad, old or far-dated one."""
    parts = text.rsplit(".", 2)
    if len(parts) != 3 or not text.isascii():
        return None
    customer, expires, signature = parts
    if not customer or not (expires.isdecimal() and len(expires) <= 12):
        return None
    if not 0 <= int(expires) - now.timestamp() <= LONGEST_AHEAD_S:
        return None
    signed = f"{customer}.{expires}".encode()
    if any(
        hmac.compare_digest(hmac.digest(key, signed, "sha256").hex(), signature) for key in keys
    ):
        return customer
    return None
