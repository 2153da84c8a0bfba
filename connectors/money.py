"""How much is "12.50" in the smallest unit of its currency? Exactly, because floats lose cents."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from store.records import exponent

# Digits, at most one point, a sign. Not "1e3", "NaN", "1,000", "12,50" or digits of other scripts:
# whoever sends those means something that we would have to guess. 15 digits before the point keep
# any amount within the store's 64 bits.
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{0,20})?|-?\.[0-9]{1,20}")


# A shop has few prices and asks for each very often; remembering them takes about 2 MiB.
@lru_cache(maxsize=2**14)
def minor_units(amount: str, currency: str) -> int:
    """`minor_units("12.50", "USD") == 1250`, `("12", "JPY") == 12`, `("1.5", "KWD") == 1500`.

    A shop may send more decimals than its currency has (WooCommerce does when its owner chose so):
    they are rounded half away from zero, as WooCommerce and Shopify round. Raises ValueError with
    the reason for anything that is not a plain decimal number.
    """
    text = amount.strip()
    if not _AMOUNT.fullmatch(text):
        raise ValueError(_reason(amount))
    scaled = Decimal(text).scaleb(exponent(currency))
    return int(scaled.to_integral_value(ROUND_HALF_UP))


def _reason(amount: str) -> str:
    shown = repr(amount if len(amount) <= 40 else amount[:40] + "…")
    if not amount.strip():
        return "the amount is empty"
    if "," in amount:
        return f"{shown} is not an amount: write decimals with a point and no thousands separator"
    return f"{shown} is not an amount"
