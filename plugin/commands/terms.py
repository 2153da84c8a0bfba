"""What the owner's commands share: naming a shop, reading a secret, printing.

Every failure is one sentence (`Explained`) on standard error with exit code 1.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from store.errors import Explained
from store.reads import shops
from store.records import PLACEMENTS, Placement

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
shop_argument = click.argument("shop")

# Tables are for reading, also from a log file: where there is no terminal they are this wide.
WIDTH = 120


def now() -> datetime:
    return datetime.now(UTC)


def the_shop(connection: Connection, named: str) -> shops.Shop:
    """The shop with this public key or name; a typing error is answered with what is there."""
    try:
        return shops.find(connection, named)
    except shops.UnknownShop as unknown:
        names = [shop.name for shop in shops.every(connection)]
        raise shops.UnknownShop(unknown.message + meant(named, names)) from None


def the_placement(named: str) -> Placement:
    for placement in PLACEMENTS:
        if placement == named:
            return placement
    raise Explained(
        f"There is no placement {named!r}. Placements: {', '.join(PLACEMENTS)}."
        f"{meant(named, PLACEMENTS)}"
    )


def meant(named: str, there: Iterable[str]) -> str:
    """ " Did you mean ...?" where something close exists."""
    by_fold = {name.casefold(): name for name in there}
    close = difflib.get_close_matches(named.casefold(), by_fold, n=1)
    return f" Did you mean {by_fold[close[0]]!r}?" if close else ""


def secret(given: str | None, what: str) -> str:
    """A secret from standard input (`-`), a file (`@file`), a prompt (nothing) or as typed."""
    if given is None:
        read = str(click.prompt(what, hide_input=True))
    elif given == "-":
        read = sys.stdin.readline()
    elif given.startswith("@"):
        try:
            read = Path(given[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Explained(f"The file {given[1:]!r} cannot be read: {error}.") from None
    else:
        click.echo(
            f"Warning: {what} on the command line stays in the shell's history and is seen by "
            "everyone who may list processes. Better: --secret - (standard input), or @file.",
            err=True,
        )
        read = given
    if not read.strip():
        raise Explained(f"{what} is empty.")
    return read.strip()


def show_json(data: Any) -> None:
    """One JSON document; instants in UTC, dataclasses as objects."""
    click.echo(json.dumps(data, default=_plain, indent=2, ensure_ascii=False))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    console.print(table)
