"""In which order do a placement's lists put the products, and which list spoke loudest for each?

Blends the lists along the placement's chain. What may be shown of the outcome is `choose.py`'s.
Plain Python: a web worker loads no numpy for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from recommenders.asking import Ask, keys
from recommenders.chains import KINDS, NEWCOMERS, REPEATS, STEP_BACK, Part, Step, chain
from store.records import LIST_WIDTH, Entry, Strategy, slot

# Reasons that name the product they follow from.
_NAMING = frozenset({"because_viewed", "because_bought", "because_carted"})


class Candidate(NamedTuple):
    """A product that may be shown, with the evidence that spoke loudest for it."""

    product: int
    score: float  # comparable within a step of the chain only
    strategy: Strategy
    kind: str
    support: int = 0
    strength: float = 0.0
    about: int | None = None  # the product whose title the reason may name


def rank(
    ask: Ask,
    strategies: Collection[str],
    lists: Mapping[str, Sequence[Entry]],
    most: int | None = None,
) -> list[Candidate]:
    """Candidates along the placement's chain, best first, each product once; at most `most`.

    Unless told otherwise twice the limit and some more, because only their cards tell which of
    them can be sold. Later steps of the chain are not looked at before they are needed.
    """
    most = deepest(ask.limit) if most is None else most
    return _along(chain(ask.placement, ask.novel), ask, strategies, lists, most)


def newcomers(ask: Ask, lists: Mapping[str, Sequence[Entry]]) -> list[Candidate]:
    """Candidates for trying a new product: what looks like the products that the shelf goes by."""
    if ask.trying is None:
        return []
    return _along((NEWCOMERS,), ask, ("similar",), lists, LIST_WIDTH)


def _along(
    steps: Sequence[Step],
    ask: Ask,
    strategies: Collection[str],
    lists: Mapping[str, Sequence[Entry]],
    most: int,
) -> list[Candidate]:
    seen = {ask.product, *ask.cart, *ask.unwanted}
    if ask.novel:
        seen |= ask.owned
    found: list[Candidate] = []
    for step in steps:
        for candidate in _blend(ask, step, strategies, lists, seen):
            seen.add(candidate.product)
            found.append(candidate)
            if len(found) == most:
                return found
    return found


def deepest(limit: int) -> int:
    """How many candidates a shelf of `limit` looks at before it is content with fewer."""
    return 2 * limit + 12


def _blend(
    ask: Ask,
    step: Step,
    strategies: Collection[str],
    lists: Mapping[str, Sequence[Entry]],
    seen: Collection[int | None],
) -> Iterator[Candidate]:
    """One step's candidates, best first; none that is seen, hidden or unwanted when it is its
    turn.

    Lists of one strategy add up as they are, since their scores have one meaning; strategies are
    brought to a common scale before they meet: each one's best candidate gets the weight of the
    loudest of its parts that had something to say.
    """
    added = [_sum(ask, own, lists) for own in _of_strategies(step, tuple(strategies))]
    alone = added[0] if len(added) == 1 else None
    totals, loudest = (alone.totals, {}) if alone else _together(added)
    _steer(ask.effects.weights, totals)
    hidden, unwanted = ask.effects.hidden, ask.unwanted
    # A stable sort: equals stay in the order of the lists, which is the catalogue's.
    for product in sorted(totals, key=totals.__getitem__, reverse=True):
        if product not in seen and product not in hidden and product not in unwanted:
            part, anchor, support, strength = (alone or loudest[product]).voice(product)
            kind = _kind(part, support, strength)
            about = anchor if kind in _NAMING else None
            yield Candidate(product, totals[product], part.strategy, kind, support, strength, about)


@lru_cache(maxsize=1_024)
def _of_strategies(step: Step, strategies: tuple[str, ...]) -> tuple[tuple[Part, ...], ...]:
    """The parts of a step that are served, those of one strategy together."""
    parts: dict[Strategy, list[Part]] = {}
    for part in step:
        if part.strategy in strategies or part.strategy in REPEATS:
            parts.setdefault(part.strategy, []).append(part)
    return tuple(map(tuple, parts.values()))


def _together(added: Sequence[_Sum]) -> tuple[dict[int, float], dict[int, _Sum]]:
    """Several strategies' sums, each brought to the scale of its loudest part."""
    totals: dict[int, float] = {}
    loudest: dict[int, _Sum] = {}
    scales = [own.scale() for own in added]
    gains: dict[int, float] = {}
    for own, scale in zip(added, scales, strict=True):
        for product, score in own.totals.items():
            gain = own.gain(product) * scale
            if product not in totals:
                totals[product] = score * scale
                gains[product], loudest[product] = gain, own
            else:
                totals[product] += score * scale
                if gain > gains[product]:
                    gains[product], loudest[product] = gain, own
    return totals, loudest


def _steer(weights: Mapping[int, float], totals: dict[int, float]) -> None:
    """Boosted and buried products move among those that the same step names."""
    if weights:
        for product, score in totals.items():
            factor = weights.get(product, 1.0)
            totals[product] = score * factor if score > 0 else score / factor


def _kind(part: Part, support: int, strength: float) -> str:
    """What a candidate may say of itself; of an ensemble's, by the evidence it came with."""
    kind = KINDS[part.strategy, part.of]
    if part.strategy == "blend" and kind == "bought_together" and not strength:
        return "similar"  # never bought together: then `support` is what they share
    if part.strategy == "for_you" and support:
        return "bought_before"
    return kind


class _Heard(NamedTuple):
    """A list as it was added up: whose it is, its columns, and what each product got."""

    part: Part
    anchor: int | None
    products: Sequence[int]
    gains: Sequence[float]
    supports: Sequence[int]
    strengths: Sequence[float]


class _Sum:
    """One strategy's lists added up, and of each product the list that gave it most."""

    def __init__(self) -> None:
        self.totals: dict[int, float] = {}
        self._heard: list[_Heard] = []
        self._loudest: dict[int, int] = {}  # product -> the place in `_heard`; of equals the first

    def add(self, part: Part, anchor: int | None, weight: float, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        # Columns, since a request adds up a few hundred entries and tells of two dozen.
        products, scores, supports, strengths = zip(*entries, strict=True)
        gains = scores if weight == 1.0 else [weight * score for score in scores]
        place = len(self._heard)
        self._heard.append(_Heard(part, anchor, products, gains, supports, strengths))
        if self.totals.keys().isdisjoint(products):
            self.totals.update(zip(products, gains, strict=True))
            self._loudest.update(dict.fromkeys(products, place))
            return
        for product, gain in zip(products, gains, strict=True):
            if product not in self.totals:
                self.totals[product] = gain
                self._loudest[product] = place
            else:
                self.totals[product] += gain
                if gain > self.gain(product):
                    self._loudest[product] = place

    def gain(self, product: int) -> float:
        """What the loudest of the lists gave."""
        heard = self._heard[self._loudest[product]]
        return heard.gains[heard.products.index(product)]

    def voice(self, product: int) -> tuple[Part, int | None, int, float]:
        """Which list spoke loudest for it, and with what evidence."""
        heard = self._heard[self._loudest[product]]
        place = heard.products.index(product)
        return heard.part, heard.anchor, heard.supports[place], heard.strengths[place]

    def scale(self) -> float:
        """What brings the best of these to the weight of the loudest part that spoke."""
        highest = max(self.totals.values(), default=0.0)
        if highest <= 0:
            return 1.0
        return max(self._heard[place].part.weight for place in self._loudest.values()) / highest


def _sum(ask: Ask, parts: Sequence[Part], lists: Mapping[str, Sequence[Entry]]) -> _Sum:
    """The lists that one strategy has for the question."""
    found = _Sum()
    sensitive = ask.effects.sensitive
    for part in parts:
        weight = part.weight
        for key, entries in _entries(ask, part, lists):
            anchor = key if isinstance(key, int) else None
            if part.supported:
                entries = [entry for entry in entries if entry[2]]
            if sensitive:
                entries = [
                    entry
                    for entry in entries
                    if (entry[0] not in sensitive and anchor not in sensitive)
                    or _open(part, entry[2], entry[3])
                ]
            found.add(part, anchor, weight, entries)
            weight *= STEP_BACK
    return found


def _open(part: Part, support: int, strength: float) -> bool:
    """Whether a list may name a pair with a sensitive product: never from what one person did,
    and from purchases only with 3 distinct buyers behind it (0 stands for fewer)."""
    if part.of not in ("product", "category", "shop"):
        return False
    company = part.strategy == "bought_together" or (part.strategy == "blend" and strength > 0)
    return support > 0 or not company


def _entries(
    ask: Ask, part: Part, lists: Mapping[str, Sequence[Entry]]
) -> Iterator[tuple[int | str, Sequence[Entry]]]:
    if part.strategy in REPEATS:
        for own in ask.recent:
            yield own, (Entry(own, 1.0, 0, 0.0),)
        return
    for key in keys(ask, part):
        yield key, lists.get(slot(part.strategy, key), ())
