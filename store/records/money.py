"""How many decimals a currency has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy is for trainers; a web worker never loads it for these
    pass


# ISO 4217's minor units where they are not 2. (CLDR, and so Babel and Intl, differ for some: it
# gives the decimals people write, we need those that amounts are sent in.)
_EXPONENTS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)


def exponent(currency: str) -> int:
    """How many decimals a currency's minor unit has: `exponent("JPY") == 0`, GBP 2, KWD 3."""
    return _EXPONENTS.get(currency, 2)
