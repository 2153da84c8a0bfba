"""How a ranked list, or what a shelf showed, becomes the bytes of one row, and back.

Twenty bytes an entry, little-endian: product key (8), score (4), support (4), strength (4). A list
of 24 is 480 bytes; as JSON it measured 881, and parsing it cost more than looking it up.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import cast

from store.records import Entry


class Unreadable(ValueError):
    """Bytes that are no list: a disk or a hand has changed them."""


ENTRY_BYTES = 20
_ENTRY = struct.Struct("<qfif")
_KEY = struct.Struct("<I")


def pack(entries: Iterable[Entry]) -> bytes:
    return b"".join(_ENTRY.pack(*entry) for entry in entries)


def unpack(packed: bytes) -> list[Entry]:
    """The entries as plain tuples in `Entry`'s order; raises `Unreadable`.

    Only told to be `Entry`: a request unpacks a few hundred and takes them apart at once, and
    naming their fields cost more than all its statements.
    """
    try:
        return cast(list[Entry], list(_ENTRY.iter_unpack(packed)))
    except struct.error as error:
        raise Unreadable(str(error)) from None


def pack_keys(products: Iterable[int]) -> bytes:
    """Product keys alone, four bytes each: a view of eight products is 32 bytes."""
    return b"".join(_KEY.pack(key) for key in products)


def unpack_keys(packed: bytes) -> list[int]:
    return [key for (key,) in _KEY.iter_unpack(packed)]
