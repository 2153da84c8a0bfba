"""How pages read the store: Flask-SQLAlchemy on the one engine that every process uses.

A page sees one consistent state of the store, from its first question to its end. Changes never
go through here: they are `store.writes` in a transaction of `store.engine.writing`.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine

from store.opening import Store
from store.tables import Base


class _OnTheStore(SQLAlchemy):
    """Flask-SQLAlchemy that opens no engine of its own."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        store: Store = app.extensions["store"]
        return store.engine

    def _make_declarative_base(self, model_class: Any, disable_autonaming: bool = False) -> Any:
        """The store's own base: a copy of it, as the extension would make, maps nothing twice."""
        self.metadatas[None] = model_class.metadata
        return model_class

    def _apply_driver_defaults(self, options: dict[str, Any], app: Flask) -> None:
        """Nothing: the engine is open, and tuned by `store.engine`."""


db = _OnTheStore(model_class=Base)


def install(app: Flask, store: Store) -> None:
    app.extensions["store"] = store
    app.config["SQLALCHEMY_DATABASE_URI"] = store.engine.url
    db.init_app(app)


def the_store() -> Store:
    """The store of the application at work: in a page and in a command alike."""
    store: Store = current_app.extensions["store"]
    return store


def connection() -> Connection:
    """The connection of this page: one transaction, which ends with the page."""
    # SQLite's read transaction is a snapshot already; on PostgreSQL it is asked for at its start.
    if the_store().engine.dialect.name == "sqlite" or db.session().in_transaction():
        return db.session.connection()
    return db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
