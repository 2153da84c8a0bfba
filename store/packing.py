"""How a ranked list, or what a shelf showed, becomes the bytes of one row, and back.

Twenty bytes an entry, little-endian: product key (4, and 4 of zeros), score (4), support (4),
strength (4). A list of 24 is 480 bytes; as JSON it measured 881, and parsing it cost more than
looking it up.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence

from store.records import Columns, Entry


class Unreadable(ValueError):
    """Bytes that are no list: a disk or a hand has changed them."""


ENTRY_BYTES = 20
_ENTRY = struct.Struct("<I4xfIf")
_KEY = struct.Struct("<I")


def pack(entries: Iterable[Entry]) -> bytes:
    return b"".join(_ENTRY.pack(*entry) for entry in entries)


def unpack(packed: bytes) -> list[Entry]:
    """The entries of a list; raises `Unreadable`."""
    if unreadable(packed):
        raise Unreadable(f"{len(packed)} bytes are no whole number of entries")
    return [Entry(*entry) for entry in _ENTRY.iter_unpack(packed)]


def unreadable(packed: bytes) -> bool:
    """Whether these bytes are no list."""
    return len(packed) % ENTRY_BYTES != 0


def columns(packed: Sequence[bytes]) -> Columns:
    """Several lists in one piece; none of them `unreadable`.

    An entry is five words of four bytes (the second is the upper half of a key, always 0), so each
    column is every fifth of them.
    """
    whole = b"".join(packed)
    numbers, fractions = array("I", whole), array("f", whole)
    if sys.byteorder == "big":
        numbers.byteswap()
        fractions.byteswap()
    return Columns(
        [len(own) // ENTRY_BYTES for own in packed],
        numbers[::5].tolist(),
        fractions[2::5].tolist(),
        numbers[3::5],
        fractions[4::5],
    )


def pack_keys(products: Iterable[int]) -> bytes:
    """Product keys alone, four bytes each: a view of eight products is 32 bytes."""
    return b"".join(_KEY.pack(key) for key in products)


def unpack_keys(packed: bytes) -> list[int]:
    return [key for (key,) in _KEY.iter_unpack(packed)]
