"""What would a shelf have shown, from lists that are in no store yet?

The backtest's way through the same functions as the shelf (`choose.py`). Whether it was the right
answer is `scoring.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from recommenders.choose import Ask, card_keys, choose, rank
from recommenders.groups import groups
from store.records import Card, Catalogue, Entry, Lists

Answer = Callable[[Ask], Sequence[int]]  # the products shown, best first


class ListBook(Mapping[str, Sequence[Entry]]):
    """Fitted lists by name, as the store would hand them to `rank`; each unpacked when asked."""

    def __init__(self, catalogue: Catalogue, fitted: Sequence[Lists]) -> None:
        self.keys_of = catalogue.keys
        self.strategies = frozenset(lists.strategy for lists in fitted)
        self.place = {name: (lists, i) for lists in fitted for i, name in enumerate(lists.slots)}
        self.read: dict[str, list[Entry]] = {}

    def __getitem__(self, name: str) -> list[Entry]:
        if name not in self.read:
            lists, row = self.place[name]
            n = int((lists.product[row] >= 0).sum())
            columns = (
                self.keys_of[lists.product[row, :n]],
                lists.score[row, :n],
                lists.support[row, :n],
                lists.strength[row, :n],
            )
            self.read[name] = [Entry(*e) for e in zip(*(c.tolist() for c in columns), strict=True)]
        return self.read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.place)

    def __len__(self) -> int:
        return len(self.place)


def cards_of(catalogue: Catalogue) -> dict[int, Card]:
    """Cards without looks: what `choose` needs to know of each product."""
    keys = catalogue.keys.tolist()
    rows = zip(keys, catalogue.recommendable.tolist(), groups(catalogue).tolist(), strict=True)
    return {key: Card(key, str(key), sellable, group, "{") for key, sellable, group in rows}


def answerer(
    book: Mapping[str, Sequence[Entry]], cards: Mapping[int, Card], strategies: frozenset[str]
) -> Answer:
    """The shelf with these strategies live, as a function of what it is asked."""

    def answer(ask: Ask) -> Sequence[int]:
        candidates = rank(ask, strategies, book)
        read = {key: cards[key] for key in card_keys(ask, candidates)}
        return [r.product for r in choose(ask, candidates, read)]

    return answer
