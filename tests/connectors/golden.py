"""What a real WooCommerce (10.9.2) answered, word for word."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent.parent / "golden" / "woocommerce"


@cache
def told(name: str) -> Any:
    """The JSON of `name` (products, orders, ...), all its pages together."""
    whole = HERE / f"{name}.json"
    if whole.exists():
        return json.loads(whole.read_text())
    return [
        row for p in sorted(HERE.glob(f"{name}-[0-9].json")) for row in json.loads(p.read_text())
    ]


def exchange(name: str) -> tuple[dict[str, str], bytes]:
    """Headers (in lower case) and body of a recorded `.raw` message."""
    raw = (HERE / f"{name}.raw").read_bytes()
    head, _, body = raw.partition(b"\n\n")
    if body.startswith(b"HTTP/"):  # a request line, then the answer
        head, _, body = body.partition(b"\n\n")
    lines = head.decode().splitlines()[1:]
    return {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}, body


def categories():
    from connectors.woocommerce import parse

    return {one.id: one for one in map(parse.category, told("categories"))}
