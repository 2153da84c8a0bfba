"""`make demo`: a shop on real orders, the application and its clock, in one command.

It does what a new owner does, by the same commands (docs/commands.md), and imports nothing of the
application. A second run starts from what is there. `--once` prints one line of JSON per step,
checks that a shelf is served, stops everything and exits.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
FOLDER = Path("instance")
PLACEMENT = "also_bought"
# Building the shop's file from the packed orders takes most of it, once.
PATIENCE_S = 180


class Failed(Exception):
    """A step did not work; the message says which and what it printed."""


class Tour:
    def __init__(self, port: int, shop_port: int, *, once: bool) -> None:
        self.app_url = f"http://127.0.0.1:{port}"
        self.shop_url = f"http://127.0.0.1:{shop_port}"
        self.shop_port = shop_port
        self.once = once
        self.folder = FOLDER / "demo"
        self.name: str | None = None  # of the shop; None: what it calls itself
        self.children: list[subprocess.Popen[bytes]] = []
        self.began_s = time.monotonic()
        self.environment = {
            **os.environ,
            "BASE_URL": self.app_url,
            "PORT": str(port),
            "STOREFRONT_RATE": "off",  # everybody here has one address
            "FLASK_APP": "wsgi",
            "SYNC_MINUTES": "1",  # an order placed in the shop is soon in the report
            "TALLY_MINUTES": "1",
        }

    # --- the steps ---

    def run(self) -> None:
        FOLDER.mkdir(exist_ok=True)
        self._open_shop()
        key = self._connect()
        self._sync(key)
        self._train(key)
        self._experiment(key)
        self._open_application(key)
        self._start("scheduler")
        self._tell(key)

    def _open_shop(self) -> None:
        self._start("demo", "serve", "--folder", str(self.folder), "--port", str(self.shop_port))
        self._wait(f"{self.shop_url}/wp-json/", "the demo shop")
        self._step("shop", url=self.shop_url)
        self._flask("db", "upgrade")

    def _open_application(self, key: str) -> None:
        self._python(
            "demo", "place-script", "--folder", str(self.folder),
            "--src", f"{self.app_url}/shelf.js", "--key", key,
        )  # fmt: skip
        self._start_program("gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")
        self._wait(f"{self.app_url}/readyz", "the application")

    def _tell(self, key: str) -> None:
        product = self._check(key)
        link = json.loads(self._flask("setup-link", "--json"))
        self._step(
            "ready",
            shop=f"{self.shop_url}/?p={product}",
            report=f"{self.app_url}/admin/shops/{key}/experiments",
            admin=link["url"],
        )

    def _connect(self) -> str:
        for shop in json.loads(self._flask("shop", "list", "--json")):
            if shop["url"].rstrip("/") == self.shop_url:
                self._step("connected", key=shop["key"], new=False)
                return str(shop["key"])
        keys = json.loads(self._python("demo", "keys", "--folder", str(self.folder)))
        added = self._flask(
            "shop", "add", "woocommerce", "--url", self.shop_url,
            "--key", keys["consumer_key"], "--secret", "-", "--json",
            *(("--name", self.name) if self.name else ()),
            typed=keys["consumer_secret"],
        )  # fmt: skip
        key = str(json.loads(added)["key"])
        self._step("connected", key=key, new=True)
        return key

    def _sync(self, key: str) -> None:
        if self.once:
            done = json.loads(self._flask("sync", key, "--json"))
            self._step("synced", **done["saved"])
        else:
            self._flask("sync", key, shown=True)

    def _train(self, key: str) -> None:
        versions = json.loads(self._flask("models", key, "--json"))
        if versions:
            self._step("trained", version=versions[0]["version"], new=False)
        elif self.once:
            done = json.loads(self._flask("train", key, "--json"))
            outcomes = {o["placement"]: o["outcome"] for o in done["outcomes"]}
            self._step("trained", version=done["version"], new=True, **outcomes)
        else:
            self._flask("train", key, shown=True)

    def _experiment(self, key: str) -> None:
        for test in json.loads(self._flask("experiment", "list", key, "--json")):
            if test["placement"] == PLACEMENT and not test["stopped_at"]:
                self._step("experiment", number=test["experiment"], new=False)
                return
        started = self._flask(
            "experiment", "start", key, "--placement", PLACEMENT, "--against", "bestsellers",
            "--json",
        )  # fmt: skip
        self._step("experiment", number=json.loads(started)["experiment"], new=True)

    def _check(self, key: str) -> str:
        """A shelf is really served; returns the product of whose page."""
        popular = self._get(f"{self.app_url}/v1/{key}/shelf?placement=bestsellers")
        product = str(popular["items"][0]["id"])
        shelf = self._get(f"{self.app_url}/v1/{key}/shelf?placement={PLACEMENT}&product={product}")
        if not shelf["items"]:
            raise Failed(f"The shelf of product {product} is empty.")
        self._step("shelf", product=product, items=len(shelf["items"]))
        return product

    # --- how ---

    def _step(self, name: str, **facts: Any) -> None:
        if self.once:
            took_s = round(time.monotonic() - self.began_s, 1)
            print(json.dumps({"step": name, "at_s": took_s, **facts}), flush=True)  # noqa: T201
        elif name == "ready":
            print(READY.format(**facts), flush=True)  # noqa: T201
        else:
            told = ", ".join(f"{key} {value}" for key, value in facts.items())
            print(f"  {name}: {told}", flush=True)  # noqa: T201

    def _flask(self, *words: str, typed: str | None = None, shown: bool = False) -> str:
        return self._call([str(BIN / "flask"), *words], typed, shown)

    def _python(self, module: str, *words: str) -> str:
        return self._call([sys.executable, "-m", module, *words], None, shown=False)

    def _call(self, command: Sequence[str], typed: str | None, shown: bool) -> str:
        done = subprocess.run(
            command,
            env=self.environment,
            input=typed,
            text=True,
            check=False,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.PIPE,
        )
        if done.returncode:
            printed = f"{done.stdout or ''}{done.stderr or ''}".strip()
            raise Failed(f"`{Path(command[0]).name} {' '.join(command[1:3])}` failed. {printed}")
        return done.stdout or ""

    def _start(self, module: str, *words: str) -> None:
        self._spawn([sys.executable, "-m", module, *words])

    def _start_program(self, name: str, *words: str) -> None:
        self._spawn([str(BIN / name), *words])

    def _spawn(self, command: Sequence[str]) -> None:
        # What a server says goes to a file: the screen is for addresses.
        with (FOLDER / "demo.log").open("ab") as log:
            self.children.append(
                subprocess.Popen(
                    command,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
                )
            )

    def _wait(self, url: str, what: str) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            if self.children[-1].poll() is not None:
                raise Failed(f"{what} could not start; {FOLDER / 'demo.log'} says why.")
            try:
                with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise Failed(f"{what} did not answer within {PATIENCE_S} s at {url}.")

    def _get(self, url: str) -> Any:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own address
            return json.loads(answer.read())

    def stay(self) -> None:
        """Until Ctrl-C, or until one of the programs ends."""
        while all(child.poll() is None for child in self.children):
            time.sleep(0.5)
        raise Failed(f"One of the programs ended; {FOLDER / 'demo.log'} says why.")

    def stop(self) -> None:
        for child in reversed(self.children):
            child.terminate()
        for child in self.children:
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                child.kill()


READY = """
  The shop:    {shop}
  The report:  {report}
  Log in:      {admin}   (works once; choose your own password there)

  Ctrl-C stops everything. A second `make demo` starts in seconds.
"""


def main() -> int:
    from demo.month import Month, forget  # which is made of this module

    parser = argparse.ArgumentParser(prog="python -m demo.tour", description=__doc__)
    parser.add_argument("--once", action="store_true", help="check that it works, and stop")
    parser.add_argument("--shoppers", type=int, default=0, help="simulate so many a day, 28 days")
    parser.add_argument("--forget", action="store_true", help="remove what simulated shoppers made")
    asked = parser.parse_args()
    port, shop_port = (int(os.environ.get(*of)) for of in (("PORT", "8000"), ("DEMO_PORT", "8100")))
    once = asked.once
    tour = (
        Month(port, shop_port, once=once, shoppers=asked.shoppers)
        if asked.shoppers or asked.forget
        else Tour(port, shop_port, once=once)
    )
    if asked.forget and isinstance(tour, Month):
        return forget(tour)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        tour.run()
        if not once:
            tour.stay()
    except KeyboardInterrupt:
        return 0
    except Failed as why:
        sys.stderr.write(f"{why}\n")
        return 1
    finally:
        tour.stop()
    return 0


if __name__ == "__main__":
    # By its own name: `month` knows this module's classes by it, not as those of `__main__`.
    from demo import tour

    sys.exit(tour.main())
