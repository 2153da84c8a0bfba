"""`make demo SHOPPERS=200`: a month of simulated shoppers in minutes, and a report with figures.

A shop of its own beside the demo's, marked as simulated, whose past ends a month ago; 28 simulated
days of shoppers go through its real pages and the application's real addresses, with a planted
effect, and end today. Everything they made lies in that shop: `make forget` removes it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from demo import build, database
from demo.shoppers import Crowd, Unexpected
from demo.tour import BIN, FOLDER, PATIENCE_S, PLACEMENT, Failed, Tour

NAME = "Gift shop (simulated)"
DAYS = 28
RATE, UPLIFT = 0.10, 0.30  # of 100 visitors 10 buy in control, 13 in treatment
# The last two months or so of the real orders: enough for shelves with reasons, quick to learn.
ORDERS = 3_000
# The month ends so long before the present: the last day must have ended in the shop's own zone.
ENDED_AGO = timedelta(days=2)
# Workers of the application look at a shop's row once a second.
NOTICED_AFTER_S = 1.3


class Month(Tour):
    def __init__(self, port: int, shop_port: int, *, once: bool, shoppers: int) -> None:
        super().__init__(port, shop_port + 1, once=once)
        self.folder = FOLDER / "simulated"
        self.name = NAME
        self.shoppers = shoppers

    def run(self) -> None:
        FOLDER.mkdir(exist_ok=True)
        began = datetime.now(UTC) - ENDED_AGO - timedelta(days=DAYS)
        path = build.ensure(self.folder, max_orders=ORDERS, now=began - timedelta(hours=1))
        db = database.connect(path)
        try:
            lived = database.fact(db, "simulated_days") is not None
            if not lived:
                database.settle(db, "clock_s", str(int(began.timestamp())))
        finally:
            db.close()
        self._open_shop()
        key = self._connect()
        if not lived:
            self._flask("simulate", key, "--at", began.isoformat())
            self._sync(key)
            self._train(key)
            self._experiment(key)
        self._open_application(key)
        if not lived:
            self._live(key, began)
            self._flask("sync", key)
        self._start("scheduler")
        self._wait_for_report(key)
        self._tell(key)

    def _live(self, key: str, began: datetime) -> None:
        crowd = Crowd(self.shop_url, self.app_url, key, RATE, UPLIFT)
        db = database.connect(self.folder / database.FILE)
        try:
            with self._clock(key) as set_clock:
                for day in range(1, DAYS + 1):
                    at = began + timedelta(days=day) - timedelta(hours=6)
                    database.settle(db, "clock_s", str(int(at.timestamp())))
                    set_clock(at.isoformat())
                    time.sleep(NOTICED_AFTER_S)
                    crowd.day(day, self.shoppers)
                    self._step("day", day=day, visitors=crowd.visitors, orders=crowd.orders)
                set_clock("now")
            database.settle(db, "clock_s", None)
            database.settle(db, "simulated_days", str(DAYS))
        except Unexpected as what:
            raise Failed(f"A simulated shopper was stopped: {what}.") from what
        finally:
            db.close()

    @contextmanager
    def _clock(self, key: str) -> Iterator[Callable[[str], None]]:
        """Moves the shop's clock, by one program for all days: starting it costs seconds."""
        program = subprocess.Popen(
            [str(BIN / "flask"), "simulate", key, "--at", "-"],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        told, says = program.stdin, program.stdout
        assert told is not None  # noqa: S101 - both are pipes
        assert says is not None  # noqa: S101

        def set_clock(at: str) -> None:
            told.write(f"{at}\n")
            told.flush()
            if not says.readline():
                raise Failed("`flask simulate` stopped; the line above says why.")

        try:
            yield set_clock
        finally:
            told.close()
            program.wait(timeout=PATIENCE_S)
            says.close()

    def _wait_for_report(self, key: str) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            (test, *_) = json.loads(self._flask("experiment", "list", key, "--json"))
            if test["verdict"] != "not_counted":
                planted = f"+{UPLIFT:.0%} on {PLACEMENT}"
                self._step(
                    "report", planted=planted, verdict=test["verdict"], says=test["sentence"]
                )
                return
            time.sleep(1)
        raise Failed("The report was not counted in time; the log says why.")


def forget(month: Month) -> int:
    """Remove the simulated shop from the application, with all its figures, and the shop itself."""
    found = [
        shop
        for shop in json.loads(month._flask("shop", "list", "--json"))
        if shop["name"] == NAME or shop["url"].rstrip("/") == month.shop_url
    ]
    for shop in found:
        month._flask("shop", "remove", shop["key"], "--yes")
    there = month.folder.exists()
    shutil.rmtree(month.folder, ignore_errors=True)
    told = "Removed" if found or there else "There was nothing to remove of"
    sys.stdout.write(f"{told} {NAME}.\n")
    return 0
