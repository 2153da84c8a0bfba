"""Which picture does a shelf show of a product, in which widths, and what shape has it?

WooCommerce tells a picture's copies in other widths (`srcset`, as for HTML) but no height.
WordPress names a copy by its size (`cup-300x200.jpg`), from which the shape follows; where no name
says so, it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from store.records import Image

# What a product takes on a shelf (12em, mostly 192 pixels), on screens of one pixel and of two.
WIDTHS = (192, 384)

_COPY = re.compile(r"(https?://\S+)\s+(\d{1,5})w(?:,|$)")
_SIZE_IN_NAME = re.compile(r"-(\d{1,5})x(\d{1,5})\.\w+$")


def picture(images: Sequence[Mapping[str, Any]]) -> Image | None:
    """The first of a product's pictures."""
    first = images[0] if images else {}
    src, told = first.get("src"), first.get("srcset")
    if not isinstance(src, str) or not src:
        return None
    copies = {
        int(width): url for url, width in _COPY.findall(told if isinstance(told, str) else "")
    }
    width = next((width for width, url in copies.items() if url == src), None)
    height = _height(copies, width) if width else None
    return Image(src, width if height else None, height, _enough(copies))


def _enough(copies: Mapping[int, str]) -> str:
    """The smallest copies that are wide enough, as `srcset`; empty where there is no choice."""
    kept = dict.fromkeys(min((w for w in copies if w >= needed), default=0) for needed in WIDTHS)
    kept.pop(0, None)
    return ", ".join(f"{copies[w]} {w}w" for w in kept)


def _height(copies: Mapping[int, str], width: int) -> int | None:
    for copy, url in copies.items():
        named = _SIZE_IN_NAME.search(url)
        if named and int(named[1]) == copy and int(named[2]):
            return round(width * int(named[2]) / copy)
    return None
