"""In which order do a placement's lists put the products, and which list spoke loudest for each?

Blends the lists along the placement's chain. What may be shown of the outcome is `choose.py`'s.
Plain Python: a web worker loads no numpy for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from itertools import chain as joined
from operator import mul
from typing import NamedTuple

from recommenders.asking import Ask, keys
from recommenders.chains import KINDS, NEWCOMERS, REPEATS, STEP_BACK, Part, Step, chain
from store.records import LIST_WIDTH, Columns, Entry, Placement, Rows, Strategy, slot

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
    *,
    loosely: bool = False,
) -> list[Candidate]:
    """Candidates along the placement's chain, best first, each product once; at most `most`.

    Unless told otherwise twice the limit and some more, because only their cards tell which of
    them can be sold. Later steps of the chain are not looked at before they are needed. `loosely`
    is for a shelf of which only matters whether there is one, and which strategy leads it: what
    one strategy says in a step then comes list by list, and mostly the first one is enough.
    """
    most = deepest(ask.limit) if most is None else most
    steps = _served(ask.placement, ask.novel, tuple(strategies), loosely)
    return _along(steps, ask, lists, most)


def newcomers(ask: Ask, lists: Mapping[str, Sequence[Entry]]) -> list[Candidate]:
    """Candidates for trying a new product: what looks like the products that the shelf goes by."""
    if ask.trying is None:
        return []
    return _along(((NEWCOMERS,),), ask, lists, LIST_WIDTH)


@lru_cache(maxsize=1_024)
def _served(
    placement: Placement, novel: bool, strategies: tuple[str, ...], loosely: bool
) -> tuple[tuple[Step, ...], ...]:
    """The steps of a chain in which anything is served, the parts of one strategy together."""
    served: list[tuple[Step, ...]] = []
    for step in chain(placement, novel):
        parts: dict[Strategy, list[Part]] = {}
        for part in step:
            if part.strategy in strategies or part.strategy in REPEATS:
                parts.setdefault(part.strategy, []).append(part)
        together = tuple(map(tuple, parts.values()))
        if loosely and len(together) == 1:
            served += [((part,),) for part in together[0]]
        elif together:
            served.append(together)
    return tuple(served)


def _along(
    steps: Iterable[Sequence[Step]],
    ask: Ask,
    lists: Mapping[str, Sequence[Entry]],
    most: int,
) -> list[Candidate]:
    seen = {ask.product, *ask.cart, *ask.unwanted}
    if ask.novel:
        seen |= ask.owned
    found: list[Candidate] = []
    for step in steps:
        found += _blend(ask, step, lists, seen, most - len(found))
        if len(found) == most:
            break
        seen.update([candidate.product for candidate in found])
    return found


def deepest(limit: int) -> int:
    """How many candidates a shelf of `limit` looks at before it is content with fewer."""
    return 2 * limit + 12


def _blend(
    ask: Ask,
    step: Sequence[Step],
    lists: Mapping[str, Sequence[Entry]],
    seen: Collection[int | None],
    most: int,
) -> list[Candidate]:
    """One step's candidates, best first, at most so many; none that is seen or hidden. The step
    comes by its strategies.

    Lists of one strategy add up as they are, since their scores have one meaning; strategies are
    brought to a common scale before they meet: each one's best candidate gets the weight of the
    loudest of its parts that had something to say.
    """
    added = [_sum(ask, own, lists) for own in step]
    ranked = added[0] if len(added) == 1 else _Together(added)
    products, totals = ranked.products, ranked.totals
    if ask.effects.weights:
        totals = _steered(ask.effects.weights, products, totals)
    # A stable sort: equals stay in the order of the lists, which is the catalogue's.
    best = sorted(range(len(products)), key=totals.__getitem__, reverse=True)
    if ask.effects.hidden:
        best = [place for place in best if products[place] not in ask.effects.hidden]
    # Each product stands here once, so that of these only as many are left out as were seen.
    best = [place for place in best[: most + len(seen)] if products[place] not in seen]
    return ranked.candidates([(place, totals[place]) for place in best[:most]])


def _steered(
    weights: Mapping[int, float], products: Sequence[int], totals: Sequence[float]
) -> list[float]:
    """Boosted and buried products move among those that the same step names."""
    factors = (weights.get(product, 1.0) for product in products)
    return [
        score * factor if score > 0 else score / factor
        for score, factor in zip(totals, factors, strict=True)
    ]


class _Heard(NamedTuple):
    """A list that is wanted: whose it is, how loudly it speaks, and what its products may say."""

    part: Part
    anchor: int | None
    weight: float

    def says(self) -> tuple[Strategy, str, int | None]:
        """The strategy, the kind and the product that the reasons of its products name."""
        kind = KINDS[self.part.strategy, self.part.of]
        return self.part.strategy, kind, self.anchor if kind in _NAMING else None


class _Sum:
    """One strategy's lists added up: each product once, in the order in which they name it."""

    def __init__(self, heard: Sequence[_Heard], columns: Columns) -> None:
        self._heard = heard
        self._columns = columns
        self._said: list[tuple[Strategy, str, int | None]] = []  # of each entry
        weights: list[float] = []
        for own, length in zip(heard, columns.lengths, strict=True):
            self._said += [own.says()] * length
            weights += [own.weight] * length
        self._gains: list[float] = list(map(mul, columns.scores, weights))
        # Lists lie behind one another; only where several name the same product is each looked at.
        self.products: Sequence[int] = columns.products
        self.totals: Sequence[float] = self._gains
        self._loudest: Sequence[int] = range(len(self.products))
        if len(set(self.products)) < len(self.products):
            self._add_up()

    def _add_up(self) -> None:
        found: dict[int, int] = {}
        totals: list[float] = []
        loudest: list[int] = []  # of the gains of each product the highest; of equals the first
        gains = self._gains
        for place, product in enumerate(self.products):
            at = found.setdefault(product, len(totals))
            if at == len(totals):
                totals.append(gains[place])
                loudest.append(place)
            else:
                totals[at] += gains[place]
                if gains[place] > gains[loudest[at]]:
                    loudest[at] = place
        self.products, self.totals, self._loudest = list(found), totals, loudest

    def gain(self, place: int) -> float:
        """What the loudest of the lists gave."""
        return self._gains[self._loudest[place]]

    def candidates(self, best: Iterable[tuple[int, float]]) -> list[Candidate]:
        """The products of these places, with the evidence of the list that spoke loudest for each;
        beside each place the score that it came to."""
        products, loudest, said = self.products, self._loudest, self._said
        _, _, _, supports, strengths = self._columns
        found: list[Candidate] = []
        for place, score in best:
            entry = loudest[place]
            strategy, kind, about = said[entry]
            support, strength = supports[entry], strengths[entry]
            # An ensemble's may say of themselves what the evidence tells that each came with.
            if not strength and strategy == "blend" and kind == "bought_together":
                kind = "similar"  # never bought together: then `support` is what they share
            elif strategy == "for_you" and support:
                kind = "bought_before"
            found.append(
                Candidate(products[place], score, strategy, kind, support, strength, about)
            )
        return found

    def scale(self) -> float:
        """What brings the best of these to the weight of the loudest part that spoke."""
        highest = max(self.totals, default=0.0)
        if highest <= 0:
            return 1.0
        ends = list(accumulate(self._columns.lengths))
        loudest = {bisect_right(ends, entry) for entry in self._loudest}
        return max(self._heard[one].part.weight for one in loudest) / highest


class _Together:
    """Several strategies' sums, each brought to the scale of its loudest part."""

    def __init__(self, added: Sequence[_Sum]) -> None:
        totals: dict[int, float] = {}
        gains: dict[int, float] = {}
        loudest: dict[int, tuple[_Sum, int]] = {}
        for own in added:
            scale = own.scale()
            for place, product in enumerate(own.products):
                gain = own.gain(place) * scale
                if product not in totals:
                    totals[product] = own.totals[place] * scale
                    gains[product], loudest[product] = gain, (own, place)
                else:
                    totals[product] += own.totals[place] * scale
                    if gain > gains[product]:
                        gains[product], loudest[product] = gain, (own, place)
        self.products = list(totals)
        self.totals = list(totals.values())
        self._loudest = list(loudest.values())

    def candidates(self, best: Iterable[tuple[int, float]]) -> list[Candidate]:
        found: list[Candidate] = []
        for place, score in best:
            own, at = self._loudest[place]
            found += own.candidates([(at, score)])
        return found


def _sum(ask: Ask, parts: Sequence[Part], lists: Mapping[str, Sequence[Entry]]) -> _Sum:
    """The lists that one strategy has for the question."""
    heard: list[_Heard] = []
    names: list[str] = []
    repeats = parts[0].strategy in REPEATS
    for part in parts:
        weight = part.weight
        for key in ask.recent if repeats else keys(ask, part):
            heard.append(_Heard(part, key if isinstance(key, int) else None, weight))
            names.append(slot(part.strategy, key))
            weight *= STEP_BACK
    if repeats:
        columns = _columns([[Entry(product, 1.0, 0, 0.0)] for product in ask.recent])
    elif isinstance(lists, Rows):
        columns = lists.columns(names)
    else:
        columns = _columns([lists.get(name, ()) for name in names])
    if ask.effects.sensitive or any(part.supported for part in parts):
        columns = _allowed(ask.effects.sensitive, heard, columns)
    return _Sum(heard, columns)


def _columns(lists: Sequence[Sequence[Entry]]) -> Columns:
    entries = list(joined.from_iterable(lists))
    columns = zip(*entries, strict=True) if entries else ((), (), (), ())
    return Columns([len(own) for own in lists], *columns)


def _allowed(sensitive: Collection[int], heard: Sequence[_Heard], columns: Columns) -> Columns:
    """What the lists may name: where 3 buyers are asked for nothing below, of what is sensitive
    only what does not tell of one person."""
    kept: list[int] = []
    lengths: list[int] = []
    place = 0
    for (part, anchor, _), length in zip(heard, columns.lengths, strict=True):
        before = len(kept)
        for i in range(place, place + length):
            support, strength = columns.supports[i], columns.strengths[i]
            if part.supported and not support:
                continue
            harmless = columns.products[i] not in sensitive and anchor not in sensitive
            if harmless or _open(part, support, strength):
                kept.append(i)
        lengths.append(len(kept) - before)
        place += length
    return Columns(lengths, *([column[i] for i in kept] for column in columns[1:]))  # type: ignore[arg-type]


def _open(part: Part, support: int, strength: float) -> bool:
    """Whether a list may name a pair with a sensitive product: never from what one person did,
    and from purchases only with 3 distinct buyers behind it (0 stands for fewer)."""
    if part.of not in ("product", "category", "shop"):
        return False
    company = part.strategy == "bought_together" or (part.strategy == "blend" and strength > 0)
    return support > 0 or not company
