"""Is the database's shape the one this code expects, and how does it get there?

Migrations live in `store/migrations/versions`; `upgrade` applies what is missing (also to an empty
database), `is_current` is what /readyz asks.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

_FOLDER = Path(__file__).with_name("migrations")


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`. Safe to repeat and to run from several hosts at once."""
    command.upgrade(_config(engine), revision)


def revision(engine: Engine) -> str | None:
    """The revision the database is at; None: empty or not ours."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    head = ScriptDirectory.from_config(_config(engine)).get_current_head()
    return revision(engine) == head


def draft(engine: Engine, message: str, number: str) -> None:
    """Write the migration (number "0002", ...) from the present shape to that of `tables.py`."""
    command.revision(_config(engine), message=message, rev_id=number, autogenerate=True)
