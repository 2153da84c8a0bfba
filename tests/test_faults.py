"""What becomes of shelves and events when something breaks? Each fault once, its outcome asserted.

docs/operating.md tells owners the same ("When something breaks"). Faults that have tests of their
own beside the code they hit are named there and are not repeated here.
`make prove PART=faults` adds what takes minutes (tests/test_many_processes.py).
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, event, select, text

from plugin.findings import of_installation
from scheduler import jobs
from store import opening, tables
from store.engine import reading, writing
from store.opening import Store
from store.reads.shops import Shop
from store.settings import WrongSettings
from store.writes import jobs as writes
from tests.shops import fill, open_store
from widget import configs
from widget.app import create_app

NOW = datetime.now(UTC)


def tell(client: FlaskClient, shop: Shop, heard: set[bytes]) -> int:
    """Send a few events; what was acknowledged is noted."""
    ids = [uuid.uuid4() for _ in range(20)]
    told = [{"id": str(i), "type": "product_view", "item": "p4"} for i in ids]
    answer = client.post(f"/v1/{shop.key}/shelf/events", json={"visitor": "v" * 32, "events": told})
    if answer.status_code == 202:
        heard.update(i.bytes for i in ids)
    return answer.status_code


def kept(engine: Engine) -> set[bytes]:
    with reading(engine) as connection:
        return {bytes(i) for i in connection.scalars(select(tables.Event.id))}


def shelf(client: FlaskClient, shop: Shop) -> Any:
    return client.get(f"/v1/{shop.key}/shelf?placement=bestsellers")


def test_a_full_disk_refuses_events_keeps_what_was_taken_and_leaves_shelves_alone(
    store: Store, shop: Shop
) -> None:
    full = threading.Event()
    full.set()
    with reading(store.engine) as connection:
        most = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 8

    @event.listens_for(store.engine, "connect")
    def small(connection: Any, _record: object) -> None:
        if full.is_set():
            connection.execute(f"PRAGMA max_page_count = {most}")

    store.engine.dispose()
    client = create_app(store).test_client()
    heard: set[bytes] = set()
    statuses = [tell(client, shop, heard) for _ in range(30)]
    assert 202 in statuses
    assert statuses[-1] == 503
    assert shelf(client, shop).status_code == 200
    assert shelf(client, shop).json["items"]
    full.clear()  # somebody made room
    store.engine.dispose()
    assert tell(create_app(store).test_client(), shop, heard) == 202
    assert heard == kept(store.engine)


# Faults of a server, which a file does not have.
on_a_server = pytest.mark.parametrize(
    "store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def cut_connections(engine: Engine) -> None:
    """What a restart does to everybody's connections."""
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


@contextmanager
def closed(engine: Engine) -> Iterator[None]:
    """The database takes nobody and knows nobody any more, as while it restarts."""
    name = engine.url.database
    server = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        yield
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    server.dispose()


@on_a_server
def test_a_database_that_restarts_is_found_again_by_shelves_and_events(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configs, "FRESH_FOR_S", 0.0)
    store = open_store(engine)
    shop = fill(store, trained=False)
    client = create_app(store).test_client()
    heard: set[bytes] = set()
    assert (tell(client, shop, heard), shelf(client, shop).status_code) == (202, 200)
    cut_connections(engine)
    assert (tell(client, shop, heard), shelf(client, shop).status_code) == (202, 200)
    with closed(engine):
        assert (tell(client, shop, heard), shelf(client, shop).status_code) == (503, 503)
        assert shelf(client, shop).headers["Retry-After"] == "5"
    assert (tell(client, shop, heard), shelf(client, shop).status_code) == (202, 200)
    assert heard == kept(engine)


@on_a_server
def test_a_database_that_goes_away_between_two_looks_at_the_shop_is_said_to_be_away(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop's configuration is still known then: it is the thread's own connection that is lost
    and cannot be made anew."""
    monkeypatch.setattr(configs, "FRESH_FOR_S", 600.0)
    store = open_store(engine)
    shop = fill(store, trained=False)
    client = create_app(store).test_client()
    heard: set[bytes] = set()
    assert tell(client, shop, heard) == 202
    with closed(engine):
        assert tell(client, shop, heard) == 503
    assert tell(client, shop, heard) == 202
    assert heard == kept(engine)


def test_a_file_that_is_gone_is_not_made_anew_and_goes_on_when_it_is_back(
    store: Store, shop: Shop
) -> None:
    file = Path(str(store.engine.url.database))
    away, heard = file.with_name("away.sqlite"), set[bytes]()
    Path(f"{file}.scheduler.lock").touch()  # a clock ran here
    assert tell(create_app(store).test_client(), shop, heard) == 202
    store.engine.dispose()
    file.rename(away)
    client = create_app(store).test_client()
    assert tell(client, shop, heard) == 503
    assert shelf(client, shop).status_code == 503
    with pytest.raises(WrongSettings, match=r"is gone, but .* still lies beside it"):
        opening.open_store(store.settings)
    assert not file.exists()
    away.rename(file)
    assert tell(client, shop, heard) == 202
    assert heard == kept(store.engine)


def test_who_holds_the_write_lock_is_told_by_the_doctor(store: Store) -> None:
    def codes() -> set[str]:
        return {finding.code for finding in of_installation(store, datetime.now(UTC))}

    assert "not-writable" not in codes()
    with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "not-writable" in codes()
        other.execute("ROLLBACK")
    assert "not-writable" not in codes()


def test_a_clock_that_was_set_back_starts_nothing_twice_and_one_set_ahead_runs_each_job_once(
    store: Store,
) -> None:
    upkeep = next(job for job in jobs.TIMETABLE if job.name == "upkeep")
    with writing(store.engine) as connection:
        run = writes.start_run(connection, "upkeep", None, NOW)
        writes.finish_run(connection, run, "ok", "", NOW)
    assert not jobs.is_overdue(store, upkeep, None, NOW - timedelta(days=2))
    ahead = NOW + timedelta(days=30)
    assert jobs.is_overdue(store, upkeep, None, ahead)
    with writing(store.engine) as connection:  # it ran, at that time
        run = writes.start_run(connection, "upkeep", None, ahead)
        writes.finish_run(connection, run, "ok", "", ahead)
    assert not jobs.is_overdue(store, upkeep, None, ahead)
