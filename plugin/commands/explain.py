"""`flask explain`: why a shelf shows what it shows, candidate by candidate."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from plugin.explaining import Told
from plugin.explaining import explain as explained
from store.engine import reading
from store.reads.shop_config import shop_config


@click.command()
@terms.shop_argument
@click.option("--placement", default="also_bought", show_default=True)
@click.option("--product", help="The product of the page, by the shop's id.")
@click.option("--customer", help="A customer, by the shop's id.")
@click.option("--limit", type=click.IntRange(1, 24), default=8, show_default=True)
@terms.as_json
@with_appcontext
def explain(
    shop: str,
    placement: str,
    product: str | None,
    customer: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Each candidate of a shelf, with every list that names it, and what was dropped and why."""
    store = the_store()
    with reading(store.engine) as connection:
        one = terms.the_shop(connection, shop)
        config = shop_config(connection, store.ring, one.key)
        assert config is not None  # noqa: S101 - the shop was just found
        found = explained(
            connection, config, terms.the_placement(placement), product, customer, limit
        )
    if as_json:
        terms.show_json(found)
        return
    click.echo(f"{placement} shows {', '.join(found.strategies)} here.")
    if not found.shown:
        click.echo("Nothing can be shown.")
    for it in found.shown:
        click.echo(f"{it.place}. {it.title} ({it.product}): {it.reason}")
        _voices(it)
    if found.dropped:
        click.echo("Not shown:")
    for it in found.dropped:
        click.echo(f"-  {it.title} ({it.product}): {it.dropped}")
        _voices(it)


def _voices(it: Told) -> None:
    for rule in it.rules:
        click.echo(f"     your rule: {rule}")
    for voice in it.voices:
        aside = "" if voice.live else ", not live here"
        click.echo(
            f"     {voice.list}: place {voice.place}, score {voice.score:.4g}, "
            f"support {voice.support}, strength {voice.strength:.3g}{aside}"
        )
