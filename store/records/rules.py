"""What the merchant wants of the shelves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # numpy is for trainers; a web worker never loads it for these
    pass

from store.records.training import LIST_WIDTH
from store.records.vocabulary import Placement

# `sensitive` products (health, adult) stay out of everything personal; see docs/merchant.md.
RuleKind = Literal["pin", "exclude", "boost", "bury", "sensitive"]
RuleField = Literal["product", "type", "vendor", "tag", "category", "price", "margin"]

# A boost multiplies a score by this, a bury divides by it. Scores of one list mostly lie within a
# factor of ten: 1.5 wins against neighbours, 4 against most, 20 against all of the same list.
STRENGTHS: dict[int, float] = {1: 1.5, 2: 4.0, 3: 20.0}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a merchant wants of some products, on one placement or all, always or for a while.

    `value` names the products by `field` (an id, a type, ...); a price band has `low` and `high`
    in minor units, a margin band in percent of the price. Low is included, high is not.
    """

    kind: RuleKind
    field: RuleField
    value: str = ""
    low: int | None = None
    high: int | None = None
    placement: Placement | None = None  # None: everywhere
    strength: int = 2  # of a boost or bury
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        banded = self.field in ("price", "margin")
        if banded and self.low is None and self.high is None:
            raise ValueError("Give a lower or an upper end, or both.")
        if banded and self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("The lower end must be below the upper end.")
        if not banded and not self.value.strip():
            raise ValueError("Say which products the rule is about.")
        if self.kind == "pin" and self.field != "product":
            raise ValueError("Only single products can be pinned. For many, boost them.")
        if self.kind == "sensitive" and (self.placement or self.starts_at or self.ends_at):
            raise ValueError("What is sensitive is so always and everywhere.")
        if self.strength not in STRENGTHS:
            raise ValueError("The strength is 1, 2 or 3.")
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValueError("The end must come after the start.")

    def active(self, now: datetime) -> bool:
        started = self.starts_at is None or self.starts_at <= now
        return started and (self.ends_at is None or now < self.ends_at)

    def factor(self) -> float:
        """What it multiplies a score by."""
        size = STRENGTHS[self.strength]
        return {"boost": size, "bury": 1 / size}.get(self.kind, 1.0)


Layout = Literal["carousel", "grid"]


@dataclass(frozen=True, slots=True)
class ShelfLook:
    """How the merchant wants a placement shown. What is None is the page's own to say."""

    shown: bool = True  # False: the placement answers nothing, on every page
    heading: str | None = None  # in the shop's own language
    count: int | None = None
    layout: Layout | None = None
    variety: int = 0  # how much is done against many of one kind: see `VARIETIES`

    def __post_init__(self) -> None:
        if self.variety not in VARIETIES:
            raise ValueError(f"Variety is one of {', '.join(map(str, VARIETIES))}.")
        if self.count is not None and not 1 <= self.count <= LIST_WIDTH:
            raise ValueError(f"A shelf shows 1 to {LIST_WIDTH} products.")
        if self.heading is not None and len(self.heading) > LONGEST_HEADING:
            raise ValueError(f"A heading has at most {LONGEST_HEADING} characters.")


# Of one kind (main category, else type, else vendor) a shelf shows any number; at most a half; at
# most a quarter; one. Fewer steps could not be told apart on a shelf of eight.
VARIETIES = (0, 1, 2, 3)
# In how many of 100 visits with full consent a shelf tries a product that is new in the shop,
# unless the merchant says otherwise: many see it within days, and nine of ten visits see no trial.
TRIED_SHARE = 10
TRIED_SHARES = (0, 5, 10, 20)
LONGEST_HEADING = 80  # more would wrap to a third line on a phone
