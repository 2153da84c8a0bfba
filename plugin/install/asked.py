"""What does somebody who wants to connect a WooCommerce shop ask for, and can that be right?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

LONGEST_URL = 500
_STATE = re.compile(r"[A-Za-z0-9._~-]{1,200}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


class Wrong(ValueError):
    """A parameter that cannot be right; the message says which and how it should be."""


@dataclass(frozen=True, slots=True)
class Asked:
    shop: str  # without a slash at its end
    back: str = ""  # an address of the shop's own host
    state: str = ""


def read(shop: str, back: str, state: str) -> Asked:
    """Raises Wrong. A way back leads to the shop itself only: what is sent there opens its keys."""
    home = _address(shop if "://" in shop else f"https://{shop.strip()}", "shop")
    if home.query or home.fragment:
        raise Wrong("shop: give the address of the shop's home page, without ? and #.")
    clean = urlunsplit(home._replace(path=home.path.rstrip("/")))
    if not back:
        return Asked(clean)
    target = _address(back, "return")
    if target.hostname != home.hostname:
        raise Wrong(f"return: must be an address of the shop itself, {home.hostname}.")
    if not _STATE.fullmatch(state):
        raise Wrong("state: 1 to 200 of A-Z a-z 0-9 . _ ~ - go with a return address.")
    return Asked(clean, urlunsplit(target), state)


def _address(text: str, name: str) -> SplitResult:
    text = text.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Wrong(f"{name}: this is no address.") from None
    host = (parts.hostname or "").lower()
    literal = f"[{host}]" if ":" in host else host
    plain = text.isascii() and text.isprintable() and " " not in text and "\\" not in text
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(literal) or not plain:
        raise Wrong(f"{name}: write the address as https://shop.example.")
    if len(text) > LONGEST_URL or parts.username is not None:
        raise Wrong(f"{name}: at most {LONGEST_URL} characters, without a name or password.")
    return parts._replace(netloc=literal if port is None else f"{literal}:{port}")


def origin(address: str) -> str:
    """Scheme, host and port of an address that was read here."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def with_added(address: str, **more: str) -> str:
    """The address with these parameters after its own."""
    parts = urlsplit(address)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *more.items()]
    return urlunsplit(parts._replace(query=urlencode(pairs)))
