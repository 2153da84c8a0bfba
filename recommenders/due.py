"""What is this customer about to need again?

What they bought before, by how likely its clock (`clock.py`) makes another order in the next weeks:
last week's coffee comes before yesterday's, and both before the kettle. What they buy most of all,
due or not, is `repurchase.py`'s to tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from recommenders.clock import Clock
from recommenders.known import Known
from recommenders.ranked import Sheet, best
from recommenders.repurchase import active
from store.records import LIST_WIDTH, Lists, Strategy, slot


@dataclass(frozen=True)
class Due:
    """score(u, b) = the chance that u orders b again within the clock's horizon

    Evidence: `support` is the number of the customer's orders with b, `strength` the chance.
    Cost: that of the clocks. Fails for customers without orders: they get no list.
    """

    strategy: Strategy = "due"
    clock: Clock = field(default_factory=Clock)
    # As for `repurchase`: who comes once a year comes back for the same.
    active_days: int = 400
    width: int = LIST_WIDTH

    def __post_init__(self) -> None:
        if self.active_days < 1 or self.width < 1:
            raise ValueError("active_days and width must be 1 or more")

    def fit(self, known: Known) -> Lists:
        """One list for each customer seen lately."""
        due, times = self.clock.due(known), known.habits()
        names = [slot(self.strategy, int(k)) for k in known.interactions.customer_keys]
        sheet = Sheet(len(names), self.width)
        for customer in active(known.interactions, known.now_s, self.active_days):
            own = slice(due.indptr[customer], due.indptr[customer + 1])
            shown = known.catalogue.recommendable[due.indices[own]]
            products = due.indices[own][shown].astype(np.int32)
            chance = due.data[own][shown].astype(np.float32)
            count = times.data[own][shown].astype(np.int32)
            top = best(chance, products, self.width)
            sheet.fill(int(customer), products[top], chance[top], count[top], chance[top])
        return sheet.lists(self.strategy, names)
