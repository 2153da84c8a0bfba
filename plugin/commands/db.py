"""`flask db`: bring the database to the shape this version expects."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from store import schema


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
@terms.as_json
@with_appcontext
def upgrade(as_json: bool) -> None:
    """Apply what is missing, also to an empty database. Safe to repeat."""
    engine = the_store().engine
    before = schema.revision(engine)
    schema.upgrade(engine)
    after = schema.revision(engine)
    if as_json:
        terms.show_json({"from": before, "to": after})
    elif before == after:
        click.echo(f"The schema is current ({after}).")
    else:
        click.echo(f"The schema went from {before or 'nothing'} to {after}.")
