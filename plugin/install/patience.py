"""How long does a person at a page wait for a shop that is being connected?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.http import Limits


def persons() -> Limits:
    """A shop that takes longer is connected by `flask shop add`, which is patient."""
    from connectors.http import Limits  # a worker that only serves shelves never loads it

    return Limits(connect_s=5, read_s=15, answer_s=20, tries=1)
