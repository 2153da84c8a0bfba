"""Bringing an older database up to date keeps what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, insert, select

from store import engine as engines
from store import schema


def row(table: Table, **given: Any) -> dict[str, Any]:
    """Something in every column that must not be empty, whatever the columns were then."""
    kinds: dict[type, Any] = {int: 1, str: "x", bool: False, bytes: b"x", dict: {}, float: 0.0}
    needed = (c for c in table.columns if not c.nullable and c.server_default is None)
    return {c.name: kinds.get(c.type.python_type, "x") for c in needed} | given


def test_a_shop_of_the_first_release_keeps_its_order_lines(tmp_path: Path) -> None:
    engine = engines.open(f"sqlite:///{tmp_path}/old.sqlite")
    schema.upgrade(engine, "0001")
    shape = MetaData()
    shape.reflect(engine, only=["shops", "orders", "order_lines"])
    with engines.writing(engine) as connection:
        for name in ("shops", "orders", "order_lines"):
            values = row(shape.tables[name])
            for key in ("customer_id", "product_id", "variant_id"):
                values.pop(key, None)
            connection.execute(insert(shape.tables[name]).values(values))
    schema.upgrade(engine)
    with engines.reading(engine) as connection:
        assert len(connection.execute(select(shape.tables["order_lines"].c.order_id)).all()) == 1
        # ... and what refers to a row still goes with it.
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_upgrading_again_changes_nothing(tmp_path: Path) -> None:
    engine = engines.open(f"sqlite:///{tmp_path}/new.sqlite")
    for _ in range(2):
        schema.upgrade(engine)
    assert schema.is_current(engine)
    engine.dispose()
