"""How often may one address ask? Counted per worker, or by Redis for all workers and hosts.

A Redis that is away costs no shelf: each worker then counts for itself, and asks it again after a
few seconds, so that nobody waits for it at every request.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

import structlog
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from store.opening import Store

# Redis answers in less than a millisecond where it is well.
WITHIN_S = 0.1
ASK_AGAIN_AFTER_S = 5.0

Limit = Callable[[str, str | None], None]

log = structlog.get_logger()


def limit(store: Store) -> Limit:
    """Count a request of an address at a shop; raises TooManyRequests."""
    if store.settings.storefront_rate == "off":
        return lambda key, address: None
    rate, redis = parse(store.settings.storefront_rate), store.settings.redis_url
    own = MovingWindowRateLimiter(storage_from_string("memory://"))
    hit = _shared(redis, own) if redis else own.hit

    def count(key: str, address: str | None) -> None:
        if not hit(rate, key, network(address)):
            raise TooManyRequests("Too many requests from this address.", retry_after=1)

    return count


def _shared(url: str, own: MovingWindowRateLimiter) -> Callable[[RateLimitItem, str, str], bool]:
    storage = storage_from_string(
        url, wrap_exceptions=True, socket_timeout=WITHIN_S, socket_connect_timeout=WITHIN_S
    )
    shared = MovingWindowRateLimiter(storage)
    away_until_s = 0.0

    def hit(rate: RateLimitItem, key: str, who: str) -> bool:
        nonlocal away_until_s
        if time.monotonic() >= away_until_s:
            try:
                return shared.hit(rate, key, who)
            except StorageError as error:
                away_until_s = time.monotonic() + ASK_AGAIN_AFTER_S
                log.warning("Redis does not answer; each worker counts for itself", why=str(error))
        return own.hit(rate, key, who)

    return hit


def network(address: str | None) -> str:
    """Whom a limit counts: an IPv4 address, or the /64 that one household has of IPv6."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
