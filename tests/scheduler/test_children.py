"""A job as the clock starts it: in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from store.opening import Store
from tests.living import environment

UPKEEP = [sys.executable, "-m", "scheduler", "run", "upkeep", "--child"]


def test_a_job_whose_clock_lives_on_ends_well(store: Store) -> None:
    with subprocess.Popen(
        UPKEEP, env=environment(store), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stderr is not None
        said = child.stderr.read()
        assert child.wait(timeout=60) == 0, said
    assert "Fatal" not in said
