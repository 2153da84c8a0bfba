"""Which words of a title count as the same, however the merchant wrote them?

`plain("Crème Brûlée 0.5 L") == plain("CREME BRULEE, 500ml") == "creme brulee 500ml"`. No
dictionary and no stemming: a shop's titles come in any language.
"""

from __future__ import annotations

import re
import unicodedata

# Measures are written in one unit per kind, so that 1 kg meets 1000 g. What is not in this table
# (oz, inches, "pcs") stays as written, joined to its number.
_UNITS = {
    "mg": (0.001, "g"),
    "g": (1.0, "g"),
    "gr": (1.0, "g"),
    "kg": (1000.0, "g"),
    "ml": (1.0, "ml"),
    "cl": (10.0, "ml"),
    "dl": (100.0, "ml"),
    "l": (1000.0, "ml"),
    "lt": (1000.0, "ml"),
    "ltr": (1000.0, "ml"),
    "litre": (1000.0, "ml"),
    "litres": (1000.0, "ml"),
    "liter": (1000.0, "ml"),
    "liters": (1000.0, "ml"),
    "mm": (1.0, "mm"),
    "cm": (10.0, "mm"),
    "m": (1000.0, "mm"),
    "oz": (1.0, "oz"),
    "lb": (1.0, "lb"),
    "lbs": (1.0, "lb"),
    "in": (1.0, "in"),
    "inch": (1.0, "in"),
    "inches": (1.0, "in"),
}
_MEASURE = re.compile(rf"(\d+(?:[.,]\d+)?)\s*({'|'.join(sorted(_UNITS, key=len, reverse=True))})\b")
_OTHER = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """Small letters without accents, measures in one unit, words parted by single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _OTHER.sub(" ", _MEASURE.sub(_one_unit, letters)).strip()


def _one_unit(found: re.Match[str]) -> str:
    factor, unit = _UNITS[found[2]]
    value = round(float(found[1].replace(",", ".")) * factor, 3)
    # Written without a point, at which the words would be parted: 2.5 g is 2p5g.
    return f" {f'{value:.3f}'.rstrip('0').rstrip('.').replace('.', 'p')}{unit} "
