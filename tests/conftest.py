"""What every test may count on, and an honest word about what this machine cannot run.

A test marked `browser` needs Chromium, `postgres` PostgreSQL's server programs, `node` Node.js,
`php` PHP with phpunit.
Where one is missing the tests are skipped and named at the end; with STRICT=1 (as in CI) that
is a failure, so that nothing is believed tested that was not.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, create_engine, text

from store import engine as store_engine
from store import schema
from store.engine import reading
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from tests.databases import postgres_cluster
from tests.shops import NAME, fill, open_store

# No deadline: machines that run tests are noisy, and a test must never fail for being slow.
settings.register_profile("ours", deadline=None, derandomize=bool(os.environ.get("STRICT")))
settings.load_profile("ours")

NEEDS = {
    "browser": lambda: chromium_path(),
    "postgres": lambda: postgres_programs(),
    "redis": lambda: shutil.which("redis-server"),
    "node": lambda: shutil.which("node"),
    "php": lambda: shutil.which("php") and shutil.which("phpunit"),
}


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
            item.user_properties.append(("lacks", mark))
            if os.environ.get("STRICT"):
                pytest.fail(f"STRICT=1, and this machine has no {mark} to run this test with")
            pytest.skip(f"this machine has no {mark}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # From the reports, because tests may run in several processes (`make test` uses both cores).
    reports = [*terminalreporter.getreports("skipped"), *terminalreporter.getreports("failed")]
    lacks = Counter(dict(report.user_properties).get("lacks") for report in reports)
    del lacks[None]
    for mark, count in lacks.items():
        terminalreporter.write_line(f"NOT RUN: {count} tests that need {mark}.", yellow=True)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser for Playwright's `executable_path` (launch it with --no-sandbox)."""
    path = chromium_path()
    assert path
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One headless Chromium for all browser tests; each makes contexts of its own."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store in a file, its schema made by our migrations."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    engine = store_engine.open(f"sqlite:///{path}")
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The URL of a PostgreSQL server with an empty store named "template_store"."""
    programs = postgres_programs()
    assert programs
    with postgres_cluster(programs) as cluster:
        url = cluster.url
        _postgres_run(url, "CREATE DATABASE template_store")
        engine = store_engine.open(url + "template_store")
        schema.upgrade(engine)
        engine.dispose()
        yield url


def _postgres_run(url: str, statement: str) -> None:
    admin = create_engine(url + "postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "store.sqlite"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty store: every test that asks for it runs on both databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server = request.getfixturevalue("postgres_template")
    name = f"store_{os.urandom(6).hex()}"
    _postgres_run(server, f"CREATE DATABASE {name} TEMPLATE template_store")
    yield server + name
    _postgres_run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    opened = store_engine.open(store_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def trained_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the small shop of `tests/shops.py`, trained once for all tests."""
    path = tmp_path_factory.mktemp("trained") / "store.sqlite"
    shutil.copy(sqlite_template, path)
    opened = store_engine.open(f"sqlite:///{path}")
    fill(open_store(opened))
    with opened.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.dispose()
    return path


@pytest.fixture
def store(trained_file: Path, tmp_path: Path) -> Iterator[Store]:
    """The trained shop's store, a copy of the test's own."""
    path = tmp_path / "trained.sqlite"
    shutil.copy(trained_file, path)
    opened = store_engine.open(f"sqlite:///{path}")
    yield open_store(opened)
    opened.dispose()


@pytest.fixture
def shop(store: Store) -> Shop:
    with reading(store.engine) as connection:
        return shops.find(connection, NAME)
