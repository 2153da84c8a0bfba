"""A copy of the store: made while it runs, whole, and put back only where nobody is disturbed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import func, select

from store import tables
from store.backup import NotPossible, backup, restore
from store.engine import reading, writing
from store.opening import Store
from store.reads.shops import Shop


def orders(store: Store) -> int:
    with reading(store.engine) as connection:
        return connection.scalar(select(func.count()).select_from(tables.OrderLine)) or 0


def test_a_copy_made_while_a_writer_works_brings_everything_back(
    store: Store, shop: Shop, tmp_path: Path
) -> None:
    copy, before = tmp_path / "copy.sqlite", orders(store)
    with writing(store.engine) as connection:
        connection.execute(tables.OrderLine.__table__.delete())  # not committed yet
        assert backup(store.engine, copy) == copy.stat().st_size
    assert orders(store) == 0 < before
    restore(store.engine, copy)
    assert orders(store) == before


def test_an_older_copy_comes_back_in_the_present_shape(store: Store, tmp_path: Path) -> None:
    from store import engine as engines
    from store import schema

    old = engines.open(f"sqlite:///{tmp_path / 'old.sqlite'}")
    schema.upgrade(old, "0001")
    backup(old, tmp_path / "copy.sqlite")
    old.dispose()
    restore(store.engine, tmp_path / "copy.sqlite")
    assert schema.is_current(store.engine)


def test_nothing_is_restored_under_somebody_who_reads(
    store: Store, shop: Shop, tmp_path: Path
) -> None:
    copy, before = tmp_path / "copy.sqlite", orders(store)
    backup(store.engine, copy)
    reader = sqlite3.connect(str(store.engine.url.database))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM orders").fetchone()
    with pytest.raises(NotPossible, match="Stop the application"):
        restore(store.engine, copy)
    reader.close()
    assert orders(store) == before


def test_what_is_no_copy_is_refused_by_name(store: Store, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear shop")
    for path, why in ((tmp_path / "none", "no file"), (tmp_path / "letter.txt", "not a copy")):
        with pytest.raises(NotPossible, match=why):
            restore(store.engine, path)
    with pytest.raises(NotPossible, match="there already"):
        backup(store.engine, tmp_path / "letter.txt")
