"""`python -m scheduler`: the clock, and hands that do what it says is due.

`python -m scheduler trainers` has only hands, for trainings: any number of them, on any host that
reaches the database. `python -m scheduler run JOB [SHOP_ID]` does one job now; it is also what a
hand starts.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from connectors.errors import ConnectorError
from scheduler import clock, hands, jobs
from store import logs, settings
from store.errors import Explained
from store.opening import Store, open_store, require_schema

# Beside one training: a shop that answers late holds up no other. Of one shop there is never more
# than one at work, so a single shop needs no more than one.
OTHERS = 2

log = structlog.get_logger()


def main() -> int:
    asked = _arguments().parse_args()
    store = open_store(settings.load())
    logs.configure(store.settings.log_format)
    require_schema(store)
    if asked.command == "run":
        return _one(store, asked.job, asked.shop, asked.child)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    trainers = hands.Hands(store, training=True, at_once=asked.trainings)
    if asked.command == "trainers":
        log.info("trainers started", at_once=asked.trainings)
        hands.work(store, [trainers], over)
        return 0
    others = hands.Hands(store, training=False, at_once=asked.others)
    with ThreadPoolExecutor(1) as beside:
        keeping = beside.submit(clock.keep, store, over)
        keeping.add_done_callback(lambda _: over.set())
        try:
            hands.work(store, [trainers, others], over)
        finally:
            over.set()
        keeping.result()
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scheduler", description=__doc__)
    _trainings(parser, least=0)
    parser.add_argument(
        "--others", type=_count(1), default=OTHERS, metavar="N", help="other jobs at once"
    )
    commands = parser.add_subparsers(dest="command")
    more = commands.add_parser("trainers", help="train what is due, beside a clock elsewhere")
    _trainings(more, least=1)
    one = commands.add_parser("run", help="do one job now and exit")
    one.add_argument("job", choices=[job.name for job in jobs.TIMETABLE])
    one.add_argument("shop", type=int, nargs="?")
    one.add_argument(
        "--child", type=int, metavar="RUN", help="go on with this run; end when standard input does"
    )
    return parser


def _trainings(parser: argparse.ArgumentParser, least: int) -> None:
    parser.add_argument(
        "--trainings", type=_count(least), default=1, metavar="N", help="trainings at once"
    )


def _count(least: int) -> Callable[[str], int]:
    def count(word: str) -> int:
        number = int(word)
        if number < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more")
        return number

    return count


def _one(store: Store, job: str, shop_id: int | None, run_id: int | None) -> int:
    if run_id is not None:
        _end_with_parent()
    try:
        jobs.run(store, job, shop_id, run_id)
    except (ConnectorError, Explained) as error:  # noted in job_runs, where people read it
        log.warning("job failed", job=job, shop=shop_id, why=str(error))
        return 1
    return 0


def _end_with_parent() -> None:
    descriptor = sys.stdin.fileno()

    def watch() -> None:
        # Not through sys.stdin: its lock, held by this thread, would abort the interpreter's end.
        while os.read(descriptor, 1024):
            pass
        os._exit(70)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
