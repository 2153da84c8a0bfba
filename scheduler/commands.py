"""The commands that bring data in and learn from it: sync, import, train, models, rollback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from connectors.errors import ConnectorError
from scheduler import figures
from store.engine import reading
from store.opening import Store
from store.reads import models as model_reads
from store.reads import shops, versions

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def _store() -> Store:
    store: Store = current_app.extensions["store"]
    return store


def _shop(store: Store, name: str) -> shops.Shop:
    with reading(store.engine) as connection:
        return shops.find(connection, name)


@contextmanager
def _explained() -> Iterator[None]:
    """What went wrong at the shop or in a file, as one sentence instead of a traceback."""
    try:
        yield
    except ConnectorError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _bars(quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """A progress bar per stream with an estimate; silent where nobody looks."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description:>20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        disable=quiet or not console.is_terminal,
    ) as progress:
        bars: dict[str, Any] = {}

        def show(stream: str, read: int, total: int | None) -> None:
            if stream not in bars:
                bars[stream] = progress.add_task(stream, total=total)
            progress.update(bars[stream], completed=read, total=total)

        yield show
        for bar in bars.values():  # how many refunds there are only shows at their end
            progress.update(bar, total=progress.tasks[bar].completed)


@click.command()
@click.argument("shop")
@click.option("--full", is_flag=True, help="Read everything again, and find what is gone.")
@AS_JSON
def sync(shop: str, full: bool, as_json: bool) -> None:
    """Bring SHOP's products, orders and refunds up to date.

    SHOP is the public key or the name. Interrupt it whenever you like: it goes on where it was.
    """
    from scheduler.newcomers import introduce
    from scheduler.record import recorded
    from scheduler.sync import PERSONS
    from scheduler.sync import sync as run

    store = _store()
    found = _shop(store, shop)
    with _explained(), recorded(store, "sync", found.id) as row:
        with _bars(quiet=as_json) as show:
            done = run(store, found, show, full=full, patience=PERSONS)
        introduce(store, found)
        row.say(str(done))
    if as_json:
        facts = {"saved": done.saved, "gone": done.gone, "rejected": done.rejected}
        click.echo(json.dumps({**facts, "notes": done.notes}))
        return
    click.echo(f"{found.name} is up to date: {done}.")
    for note in done.notes:
        click.echo(f"Note: {note}")
    for line in done.rejected[:20]:
        click.echo(f"  not readable: {line}", err=True)


@click.command("import")
@click.argument("shop")
@click.option("--products", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--orders", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rows that cannot be read are written; default: beside the file.",
)
@AS_JSON
def import_files(
    shop: str, products: Path | None, orders: Path | None, rejects: Path | None, as_json: bool
) -> None:
    """Bring SHOP's products and orders from CSV or CSV.gz files.

    Our plain form, Shopify's and WooCommerce's own exports are recognised by their header.
    docs/connectors.md describes each. Importing twice is importing once.
    """
    from scheduler.importing import import_orders, import_products
    from scheduler.record import recorded

    if products is None and orders is None:
        raise click.UsageError("Name at least one file: --products FILE or --orders FILE.")
    store = _store()
    found = _shop(store, shop)
    done: dict[str, Any] = {}
    with _explained(), recorded(store, "import", found.id) as row, _bars(quiet=as_json) as show:
        if products is not None:
            done["products"] = import_products(store, found, products, rejects, show)
        if orders is not None:
            done["orders"] = import_orders(store, found, orders, products, rejects, show)
        row.say(", ".join(f"{name}: {result}" for name, result in done.items()))
    if as_json:
        click.echo(json.dumps({name: result.as_json() for name, result in done.items()}))
        return
    for name, result in done.items():
        click.echo(f"{name}: {result}")


@click.command()
@click.argument("shop")
@click.option(
    "--until", metavar="INSTANT", help="Ignore orders placed after this ISO 8601 instant."
)
@AS_JSON
def train(shop: str, until: str | None, as_json: bool) -> None:
    """Learn SHOP's lists, measure them on its latest weeks, publish what beats bestsellers."""
    from scheduler.record import recorded
    from scheduler.train import train as run

    store = _store()
    found = _shop(store, shop)
    console = Console(stderr=True)
    with recorded(store, "train", found.id) as row:

        def say(step: str) -> None:
            row.say(step)
            if not as_json:
                console.print(f"  {step} ...", style="dim")

        trained = run(store, found, say, _instant(until))
        row.say(f"version {trained.version} from {trained.orders:,} orders")
    if as_json:
        click.echo(
            json.dumps(
                {
                    "version": trained.version,
                    "orders": trained.orders,
                    "outcomes": [
                        {
                            "placement": o.placement,
                            "outcome": o.outcome,
                            "why": o.why,
                            "strategies": o.strategies,
                            "published": o.published,
                        }
                        for o in trained.outcomes
                    ],
                    "measures": [
                        figures.measure_json(m)
                        for t in trained.trials
                        for m in (*t.measures, t.gain, *t.gains)
                    ],
                }
            )
        )
        return
    click.echo(f"Version {trained.version}, learned from {trained.orders:,} orders.")
    for trial in trained.trials:
        figures.print_trial(trial)
    for outcome in trained.outcomes:
        served = "live" if outcome.published else "not published"
        click.echo(f"{outcome.placement}: {served}. {outcome.why}")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not an ISO 8601 instant like 2026-11-01T00:00:00Z.", param_hint="--until"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command()
@click.argument("shop")
@AS_JSON
def models(shop: str, as_json: bool) -> None:
    """SHOP's versions with their measures, and which is live where."""
    store = _store()
    found = _shop(store, shop)
    with reading(store.engine) as connection:
        every = model_reads.every(connection, found.id)
        live = model_reads.live(connection, found.id)
        measured = {m.id: model_reads.measures(connection, m.id) for m in every}
        kept = [m for m in every if m.has_lists][:2]
        changed = versions.changes(connection, kept[1].id, kept[0].id) if len(kept) == 2 else []
    where: dict[int, list[str]] = {}
    for placement, row in sorted(live.items()):
        where.setdefault(row.model_id, []).append(placement)
    if as_json:
        click.echo(
            json.dumps(
                [
                    {
                        "version": m.version,
                        "trained_at": m.trained_at.isoformat(),
                        "data_until": m.data_until.isoformat(),
                        "data_hash": m.data_hash,
                        "orders": m.orders,
                        "has_lists": m.has_lists,
                        "live": where.get(m.id, []),
                        "measures": [figures.measure_json(x) for x in measured[m.id]],
                        "changed": figures.changes_json(changed if m in kept[:1] else []),
                    }
                    for m in every
                ]
            )
        )
        return
    if not every:
        click.echo(f"{found.name} has no model yet. Run `flask train {found.key}`.")
        return
    table = Table("version", "trained", "data until", "orders", "live on", "NDCG@10 of the shelf")
    for m in every:
        shelves = [x for x in measured[m.id] if (x.strategy, x.metric) == ("shelf", "ndcg@10")]
        table.add_row(
            str(m.version) + ("" if m.has_lists else " (lists pruned)"),
            f"{m.trained_at:%Y-%m-%d %H:%M}",
            f"{m.data_until:%Y-%m-%d %H:%M}",
            f"{m.orders:,}",
            ", ".join(where.get(m.id, [])) or "-",
            ", ".join(f"{x.placement} {figures.cell(x)}" for x in shelves) or "-",
        )
    figures.print_table(table)
    if changed:
        figures.print_changes(changed, kept[1].version, kept[0].version)


@click.command()
@click.argument("shop")
@click.argument("version", type=int, required=False)
@AS_JSON
def rollback(shop: str, version: int | None, as_json: bool) -> None:
    """Serve an earlier VERSION of SHOP's lists again (default: the one before the newest live).

    The next training publishes a new version where it beats bestsellers.
    """
    from scheduler.train import roll_back

    store = _store()
    found = _shop(store, shop)
    served = roll_back(store, found, version)
    if as_json:
        click.echo(json.dumps({"version": served}))
    else:
        click.echo(f"{found.name} serves version {served} again.")
