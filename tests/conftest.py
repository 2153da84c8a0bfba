"""What every test may count on, and an honest word about what this machine cannot run.

A test marked `browser` needs Chromium, `postgres` PostgreSQL's server programs, `node` Node.js.
Where one is missing the tests are skipped and named at the end; with STRICT=1 (as in CI) that
is a failure, so that nothing is believed tested that was not.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections import Counter

import pytest
from hypothesis import settings

# No deadline: machines that run tests are noisy, and a test must never fail for being slow.
settings.register_profile("ours", deadline=None, derandomize=bool(os.environ.get("STRICT")))
settings.load_profile("ours")

NEEDS = {
    "browser": lambda: chromium_path(),
    "postgres": lambda: postgres_programs(),
    "node": lambda: shutil.which("node"),
}
_not_run: Counter[str] = Counter()


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


def postgres_programs() -> str | None:
    """The folder with initdb and postgres; Debian keeps them out of PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    path = shutil.which("initdb") or (found[-1] if found else None)
    return os.path.dirname(path) if path else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark, find in NEEDS.items():
        if item.get_closest_marker(mark) and not find():
            _not_run[mark] += 1
            if os.environ.get("STRICT"):
                pytest.fail(f"STRICT=1, and this machine has no {mark} to run this test with")
            pytest.skip(f"this machine has no {mark}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for mark, count in _not_run.items():
        terminalreporter.write_line(f"NOT RUN: {count} tests that need {mark}.", yellow=True)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser for Playwright's `executable_path` (launch it with --no-sandbox)."""
    path = chromium_path()
    assert path
    return path
