"""`make forget` takes away what simulated shoppers made, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import MetaData, select

from demo.month import NAME
from store import tables
from store.engine import reading
from store.opening import Store
from tests.life import DAY, START, Life
from tests.living import environment

ROOT = Path(__file__).parents[2]
# What stays on purpose: that a shop was removed, and by whom.
KEPT = {"audit"}


def rows(store: Store) -> dict[str, list[str]]:
    """Every row of every table."""
    known: MetaData = tables.Base.metadata
    with reading(store.engine) as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in known.sorted_tables
            if table.name not in KEPT
        }


def forget(store: Store, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "demo.tour", "--forget"],
        cwd=folder,
        env=environment(store) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_forgetting_removes_the_simulated_shop_whole_and_touches_no_other(
    store: Store, tmp_path: Path
) -> None:
    before = rows(store)
    simulated = tmp_path / "instance" / "simulated"
    simulated.mkdir(parents=True)
    (simulated / "shop.sqlite3").write_bytes(os.urandom(64))
    life = Life(store, NAME)
    for n in range(4):
        at, name = START + n * DAY, f"visitor-{n:08d}"
        for kind in ("exposure", "view", "click"):
            life.tell(kind, name, at, "treatment" if n % 2 else "control")
        life.buy(n, at, visitor=name, customer_id=f"c{n}")
        life.refund(n, at + DAY, 100)
    life.count(START + 30 * DAY)
    lived = {name for name, found in rows(store).items() if found != before[name]}
    assert {"shops", "orders", "events", "exposures", "units", "verdict_days", "reports"} <= lived
    assert forget(store, tmp_path) == f"Removed {NAME}.\n"
    assert rows(store) == before
    assert not simulated.exists()
    assert forget(store, tmp_path) == f"There was nothing to remove of {NAME}.\n"
    assert rows(store) == before
