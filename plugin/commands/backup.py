"""`flask backup` and `flask restore`: the whole store to a file and back."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from store import backup as backups

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@FILE
@terms.as_json
@with_appcontext
def backup(file: Path, as_json: bool) -> None:
    """Copy the store to FILE, while everything runs. Keep the secret key elsewhere."""
    size = backups.backup(the_store().engine, file)
    if as_json:
        terms.show_json({"file": str(file), "bytes": size})
    else:
        click.echo(
            f"{file}: {size:,} bytes, read to the end and found whole. It cannot be used without "
            "SECRET_KEYS or instance/secret.key: keep those, in another place."
        )


@click.command()
@FILE
@click.option("--yes", is_flag=True, help="Do not ask.")
@terms.as_json
@with_appcontext
def restore(file: Path, yes: bool, as_json: bool) -> None:
    """Put the copy in FILE in the store's place. Stop the application and the clock before."""
    if not yes:
        click.confirm("Everything in the store is replaced. Go on?", abort=True, err=True)
    backups.restore(the_store().engine, file)
    if as_json:
        terms.show_json({"file": str(file), "restored": True})
    else:
        click.echo("Restored. The next sync goes on from the cursors in the copy.")
