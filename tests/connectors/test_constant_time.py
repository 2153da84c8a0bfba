"""How long a wrong signature takes to be refused says nothing of the right one.

That is `hmac.compare_digest`'s doing. So each check must leave the decision to it, and to nothing
before it that looks at the same bytes: told that anything is the same, it believes anything.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connectors.shopify import access, webhooks
from connectors.woocommerce.access import webhook_is_genuine

NOW = datetime.fromtimestamp(1_317_327_555, UTC)
STAMPED = [("shop", "a.myshopify.com"), ("timestamp", "1317327555")]
CHECKS: dict[str, Callable[[str], bool]] = {
    "a webhook of WooCommerce": lambda told: webhook_is_genuine(b"{}", told, "hush"),
    "a webhook of Shopify": lambda told: webhooks.is_genuine(b"{}", told, ["hush"]),
    "a return address": lambda told: access.callback_is_genuine(
        [*STAMPED, ("hmac", told)], "hush", now=NOW
    ),
    "a proxied request": lambda told: access.proxy_is_genuine(
        [*STAMPED, ("signature", told)], "hush", now=NOW
    ),
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_the_decision_is_left_to_a_comparison_in_constant_time(
    check: Callable[[str], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = ["0" * 64, "A" * 43 + "=", "x", "é"]
    assert not any(check(told) for told in wrong)
    compared: list[bytes] = []
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(b) is None)
    assert all(check(told) for told in wrong)
    assert compared == [told.encode() for told in wrong]
