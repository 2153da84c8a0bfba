"""What is like a product that came after the last training?

A sync asks this when it is done, so that a product added a minute ago has its `similar` list, from
what the shop says of it alone, in every model that is served. Training makes all lists anew.
"""

from __future__ import annotations

import numpy as np

from store.engine import reading, writing
from store.opening import Store
from store.reads import models
from store.reads.shops import Shop
from store.reads.training import catalogue
from store.records import slot
from store.writes import models as writes


def introduce(store: Store, shop: Shop) -> int:
    """Lists for those that the live models do not know; how many products that were."""
    with reading(store.engine) as connection:
        live = models.live(connection, shop.id).values()
        serving = {placement.model_id for placement in live if "similar" in placement.strategies}
        strangers = {
            model: models.without_list(connection, shop.id, model, "similar") for model in serving
        }
        unknown = sorted(set().union(*strangers.values()))
        if not unknown:
            return 0
        products = catalogue(connection, shop.id)
    # Loaded here because most syncs find no newcomer: these are libraries of the trainer.
    from recommenders.similar import Similar
    from scheduler.train import packed

    lists = Similar().similar_to(products, np.searchsorted(products.keys, unknown))
    # One that is like nothing gets an empty list, so that it is not asked about again.
    known = {slot("similar", key): b"" for key in unknown} | dict(packed(lists, products))
    for model, its in strangers.items():
        rows = [(slot("similar", key), known[slot("similar", key)]) for key in its]
        for start in range(0, len(rows), writes.BATCH):
            with writing(store.engine) as connection:
                writes.add_lists(connection, model, rows[start : start + writes.BATCH])
    return len(unknown)
