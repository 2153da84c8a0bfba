"""`python -m tests.proving_tasks`: how long does shelf.js keep a slow telephone busy at a time?

Three shelves of eight products on a page that is scrolled through, a dataLayer. Of each run: the
longest task of the page's main thread from the start of shelf.js on, with all layout and painting
that it causes; once by the clock in a Chromium slowed down four times, and once by the processor
time in one that is not, times four. The clock also counts what else the machine is doing: only on
an idle one is it the figure. So the processor time decides, in the quietest of the runs.
"""

from __future__ import annotations

import json
import statistics
import sys
from typing import Any

from playwright.sync_api import Browser, Route, sync_playwright

from tests.conftest import chromium_path
from tests.widget.storefront import answer, document, says, scroll_through, storefront

RUNS = 10
SLOWER = 4
LONG_MS = 50  # what browsers call a long task

PLACEMENTS = ("also_bought", "bought_together", "similar")


def main() -> int:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        clock = sorted(_longest_ms(browser, SLOWER, "dur") for _ in range(RUNS))
        busy = sorted(SLOWER * _longest_ms(browser, 1, "tdur") for _ in range(RUNS))
        browser.close()
    for name, longest in (("by the clock", clock), ("by processor time", busy)):
        sys.stdout.write(
            f"Longest task, {SLOWER} times slower, {name}: {longest[0]:.0f} ms in the quietest of "
            f"{RUNS} runs, {statistics.median(longest):.0f} ms in the middle one. "
            f"A long task has {LONG_MS} ms.\n"
        )
    return 0 if busy[0] < LONG_MS else 1


def _longest_ms(browser: Browser, slower: int, measure: str) -> float:
    shelves = "".join(f'<product-shelf placement="{it}" product="1">' for it in PLACEMENTS)
    page = document(shelves=shelves, above=900, before="window.dataLayer = []")
    with storefront(browser, 1280, page, shelf=_fresh()) as shop:
        session = shop.page.context.new_cdp_session(shop.page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        browser.start_tracing(page=shop.page, categories=["toplevel", "devtools.timeline"])
        shop.open()
        scroll_through(shop)
        shop.page.wait_for_timeout(1500)
        events = json.loads(browser.stop_tracing())["traceEvents"]
    return _longest(events, measure)


def _fresh() -> Any:
    """Eight other products for each shelf."""
    first = iter(range(0, 1000, 8))
    return lambda route: _answered(route, next(first))


def _answered(route: Route, first: int) -> None:
    says(answer(8, first, title="A shelf"))(route)


def _longest(events: list[dict[str, Any]], measure: str) -> float:
    whole = [event for event in events if event.get("ph") == "X"]
    start = next(
        event
        for event in whole
        if event["name"] == "EvaluateScript" and "shelf.js" in event["args"]["data"]["url"]
    )
    return max(
        float(event.get(measure, 0)) / 1000
        for event in whole
        if event["name"].endswith("RunTask")
        and (event["pid"], event["tid"]) == (start["pid"], start["tid"])
        and event["ts"] + event["dur"] > start["ts"]
    )


if __name__ == "__main__":
    sys.exit(main())
