"""However a sync is cut off, it ends in the rows of an undisturbed one.

Each seed is another story of kills, faults and changes. The suite tells a few of them,
`make prove PART=kills` fifty of each platform.
"""

from __future__ import annotations

import os
import sys

import pytest

from store.opening import Store
from store.records import Platform
from tests.scheduler import interrupted

RUNS = int(os.environ.get("PROVE_RUNS", "1"))


@pytest.mark.parametrize("seed", range(RUNS))
@pytest.mark.parametrize("platform", ["woocommerce", "shopify"])
def test_an_interrupted_sync_ends_in_the_rows_of_an_undisturbed_one(
    store: Store, platform: Platform, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with interrupted.shop_in_trouble(platform, seed) as (trouble, url):
        shop = interrupted.new_shop(store, platform, "disturbed")
        ends = interrupted.disturbed(store, shop, trouble, url, seed)
        assert ends.count("killed") == interrupted.KILLS
        # The shop is well again: one more sync, which looks for deletions as one a day does.
        interrupted.sync(store, shop, url, seed, sweep=True)
        twin = interrupted.new_shop(store, platform, "undisturbed")
        interrupted.sync(store, twin, url, seed)
        disturbed, undisturbed = (interrupted.rows(store, one.id) for one in (shop, twin))
        assert [len(part) for part in disturbed] == [len(part) for part in undisturbed]
        assert disturbed == undisturbed
        assert all(disturbed[:2])
    if RUNS > 1:
        story = f"{ends.count('killed')} killed, {ends.count('failed')} failed, "
        story += f"{ends.count('through')} through; {trouble.failed} faults, "
        story += f"{trouble.changed} changes; {sum(map(len, disturbed))} rows the same"
        with capsys.disabled():
            sys.stdout.write(f"\n{platform} {seed}: {story}")
