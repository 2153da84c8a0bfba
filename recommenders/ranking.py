"""In which order do a placement's lists put the products, and which list spoke loudest for each?

Blends the lists along the placement's chain. What may be shown of the outcome is `choose.py`'s.
Plain Python: a web worker loads no numpy for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
    hidden, unwanted = ask.effects.hidden, ask.unwanted
    seen = {ask.product, *ask.cart}
    if ask.novel:
        seen |= ask.owned
    found: list[Candidate] = []
    for step in steps:
        for candidate in _blend(ask, step, strategies, lists):
            product = candidate.product
            if product not in seen and product not in hidden and product not in unwanted:
                seen.add(product)
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
) -> Iterator[Candidate]:
    """One step's candidates, best first.

    Lists of one strategy add up as they are, since their scores have one meaning; strategies are
    brought to a common scale before they meet: each one's best candidate gets the weight of the
    loudest of its parts that had something to say.
    """
    parts: dict[Strategy, list[Part]] = {}
    for part in step:
        if part.strategy in strategies or part.strategy in REPEATS:
            parts.setdefault(part.strategy, []).append(part)
    added = [_sum(ask, own, lists) for own in parts.values()]
    if len(added) == 1:
        totals, loudest = added[0][0], None
    else:
        totals, loudest = _together([(sums, _loudest(heard, sums)) for sums, heard in added])
    _steer(ask.effects.weights, totals)
    # A stable sort: equals stay in the order of the lists, which is the catalogue's.
    ordered = sorted(totals, key=totals.__getitem__, reverse=True)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        voices = _loudest(added[0][1], frozenset(some)) if loudest is None else loudest
        for product in some:
            _, part, anchor, support, strength = voices[product]
            kind = _kind(part, support, strength)
            about = anchor if kind in _NAMING else None
            yield Candidate(product, totals[product], part.strategy, kind, support, strength, about)


# Of a few hundred products a shelf wants the best two dozen; only of those is asked which list
# spoke loudest for them.
_AT_ONCE = 32


def _together(
    sums: Sequence[tuple[dict[int, float], dict[int, _Voice]]],
) -> tuple[dict[int, float], dict[int, _Voice]]:
    """Several strategies' sums, each brought to the scale of its loudest part."""
    totals: dict[int, float] = {}
    loudest: dict[int, _Voice] = {}
    scales: dict[str, float] = {}
    for own, voices in sums:
        scale = _scale(own, voices)
        for product, score in own.items():
            voice = voices[product]
            scales[voice[1].strategy] = scale
            if product not in totals:
                totals[product] = score * scale
                loudest[product] = voice
            else:
                totals[product] += score * scale
                gain, part, *_ = loudest[product]
                if voice[0] * scale > gain * scales[part.strategy]:
                    loudest[product] = voice
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


def _scale(sums: dict[int, float], voices: dict[int, _Voice]) -> float:
    """What brings the best of these candidates to the weight of the loudest part that spoke."""
    highest = max(sums.values(), default=0.0)
    return max(v[1].weight for v in voices.values()) / highest if highest > 0 else 1.0


_Voice = tuple[float, Part, int | None, int, float]  # gain, part, anchor, support, strength
# A list as it was added up: its part and anchor, its entries, and what each gave.
_Heard = tuple[Part, int | None, Sequence[Entry], Sequence[float]]


def _sum(
    ask: Ask, parts: Sequence[Part], lists: Mapping[str, Sequence[Entry]]
) -> tuple[dict[int, float], list[_Heard]]:
    """One strategy's lists added up: product -> score, and the lists for `_loudest`."""
    sums: dict[int, float] = {}
    heard: list[_Heard] = []
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
            gains = [weight * entry[1] for entry in entries]
            products = [entry[0] for entry in entries]
            if sums.keys().isdisjoint(products):
                sums.update(zip(products, gains, strict=True))
            else:
                for product, gain in zip(products, gains, strict=True):
                    sums[product] = sums.get(product, 0.0) + gain
            heard.append((part, anchor, entries, gains))
            weight *= STEP_BACK
    return sums, heard


def _loudest(heard: Sequence[_Heard], products: Collection[int]) -> dict[int, _Voice]:
    """Of each product the entry that gave it most; of equals the first."""
    voices: dict[int, _Voice] = {}
    for part, anchor, entries, gains in heard:
        for (product, _, support, strength), gain in zip(entries, gains, strict=True):
            if product in products and (product not in voices or gain > voices[product][0]):
                voices[product] = (gain, part, anchor, support, strength)
    return voices


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
