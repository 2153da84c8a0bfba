"""Which marks of ours does an order carry: the visitor who made it, the shelf click behind a line?

Both come through the shopper's browser and the shop, so anything may stand there. What has not the
form that we make is nothing; what it proves is decided where tokens are read (`experiments`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

VISITOR_META = "_alongside_visitor"  # on a WooCommerce order
TOKEN_META = "_alongside_token"  # noqa: S105  # on its lines
VISITOR_ATTRIBUTE = "__alongside_v"  # on a Shopify cart, and so on its order

# What shops and their plugins call the mark of a gift: `gift`, `is_gift`, `_gift_message`, ...
# A gift card is no gift.
_GIFT = re.compile(
    r"(is|has|order)?[ _-]*gift([ _-]*(order|message|note|wrap|wrapping|receipt))?", re.IGNORECASE
)
_NO = frozenset({"", "0", "no", "false", "none", "off"})

_VISITOR = re.compile(r"[A-Za-z0-9_-]{16,64}")
_TOKEN = re.compile(r"[!-~]{1,512}")


def gift(marks: Mapping[str, Any]) -> bool:
    """Whether an order says of itself that it is for somebody else."""
    return any(
        _GIFT.fullmatch(name.strip(" _")) is not None
        and isinstance(value, str | int | bool)
        and str(value).strip().lower() not in _NO
        for name, value in marks.items()
    )


def visitor(value: Any) -> str | None:
    return value if isinstance(value, str) and _VISITOR.fullmatch(value) else None


def token(value: Any) -> str | None:
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else None
