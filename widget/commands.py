"""`flask recommend`: the shelves of many requests at once, by the widget's own choosing code."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import click
from flask import current_app

from recommenders import choose
from store.engine import reading
from store.opening import Store
from store.reads import shops
from store.reads.shop_config import shop_config
from store.records import PLACEMENTS, Placement
from widget import queries
from widget.query import MOST_LIMIT

OUTPUT = ("query_id", "rank", "product_id", "score", "strategy", "reason")


@click.command()
@click.argument("shop")
@click.option("--placement", type=click.Choice(PLACEMENTS), required=True)
@click.option(
    "--queries",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="CSV: query_id,products,customer,cart,at (docs/commands.md).",
)
@click.option("--k", type=click.IntRange(1, MOST_LIMIT), default=10, show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--novel", is_flag=True, help="Leave out what the customer has bought.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def recommend(
    shop: str,
    placement: Placement,
    source: Path,
    k: int,
    output: Path,
    novel: bool,
    as_json: bool,
) -> None:
    """Answer every query of a file as SHOP's shelf would, and write the answers as CSV."""
    store: Store = current_app.extensions["store"]
    asked = answered = rows = 0
    with reading(store.engine) as connection:
        found = shops.find(connection, shop)
        config = shop_config(connection, store.ring, found.key)
        if config is None:
            raise shops.UnknownShop(f"{found.name} was removed meanwhile.")
        now = queries.data_now(connection, found.id, found.now())
        with output.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(OUTPUT)
            for query in queries.read(source):
                asked += 1
                shelf = queries.answer(connection, config, placement, query, k, now, novel=novel)
                answered += bool(shelf)
                for rank, item in enumerate(shelf, start=1):
                    rows += 1
                    reason = choose.say(item.reason, found.locale)
                    writer.writerow(
                        (query.query_id, rank, item.id, f"{item.score:.6g}", item.strategy, reason)
                    )
    if as_json:
        click.echo(json.dumps({"queries": asked, "answered": answered, "rows": rows}))
    else:
        click.echo(f"{asked:,} queries, {answered:,} answered, {rows:,} rows in {output}.")
