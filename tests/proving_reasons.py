"""`python -m tests.proving_reasons`: every published place of the whole demo, counted again.

The demo shop is served, synced and trained as `make demo` does it; then `recounting.py` counts
what each list claims from the orders and products in the store.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from scheduler.sync import sync
from scheduler.train import train
from store import engine as engines
from store import schema
from store.engine import reading
from store.reads import models
from store.reads.training import training_data
from tests import recounting
from tests.living import connect, demo_shop
from tests.shops import open_store

SHOWN = 20  # faults that are written out


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, demo_shop(Path(folder)) as demo:
        engine = engines.open(f"sqlite:///{folder}/store.sqlite")
        schema.upgrade(engine)
        store = open_store(engine)
        shop = connect(store, demo)
        sync(store, shop, lambda *_: None)
        train(store, shop, lambda step: None)
        with reading(engine) as connection:
            data = training_data(connection, shop.id)
            (model,) = models.every(connection, shop.id)
            places: Counter[str] = Counter()
            for slot, row in models.StoredLists(connection, model.id).items():
                places[slot.partition(":")[0]] += len(row)
            faults = list(recounting.faults(connection, data, model.id))
        engine.dispose()
    orders = f"{data.interactions.orders:,} orders, {len(data.catalogue):,} products"
    sys.stdout.write(f"{orders}; places counted again:\n")
    for strategy, count in sorted(places.items()):
        sys.stdout.write(f"  {strategy:<18}{count:>10,}\n")
    sys.stdout.write(f"{len(faults)} of {places.total():,} differ\n")
    sys.stdout.write("".join(f"  {fault}\n" for fault in faults[:SHOWN]))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
