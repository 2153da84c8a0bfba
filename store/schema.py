"""Is the database's shape the one this code expects, and how does it get there?

Migrations live in `store/migrations/versions`, numbered; `upgrade` applies what is missing (also to
an empty database), `is_current` is what every start and /readyz ask, so it does without Alembic.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text

if TYPE_CHECKING:  # loading Alembic takes as long as a whole command should
    from alembic.config import Config

_FOLDER = Path(__file__).with_name("migrations")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`. Safe to repeat and to run from several hosts at once."""
    from alembic import command

    command.upgrade(_config(engine), revision)


def draft(engine: Engine, message: str, number: str) -> None:
    """Write the migration (number "0002", ...) from the present shape to that of `store.tables`."""
    from alembic import command

    command.revision(_config(engine), message=message, rev_id=number, autogenerate=True)


def revision(engine: Engine) -> str | None:
    """The revision the database is at; None: empty or not ours."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


@cache
def head() -> str:
    """The newest revision this code knows: files are named by their number."""
    return max(path.name.partition("_")[0] for path in _FOLDER.glob("versions/[0-9]*.py"))


def is_current(engine: Engine) -> bool:
    return revision(engine) == head()


def _config(engine: Engine) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    return config
