"""`flask plan`: how long would a split test take at this shop's traffic?"""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from plugin.starting import USUAL_EFFECT, Metric, forecast
from store.engine import reading


@click.command()
@terms.shop_argument
@click.option(
    "--effect",
    type=click.FloatRange(0.001, 10.0),
    default=USUAL_EFFECT,
    show_default=True,
    help="The relative change to find: 0.05 is 5 %.",
)
@click.option("--placement", default="also_bought", show_default=True)
@click.option("--metric", type=click.Choice(["cvr", "rpv"]), default="cvr", show_default=True)
@terms.as_json
@with_appcontext
def plan(shop: str, effect: float, placement: str, metric: Metric, as_json: bool) -> None:
    """How long a test would take at SHOP, from the visitors of the last weeks.

    Ask before the start: most small shops cannot see a change of 10 %.
    """
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        found = forecast(connection, one, terms.the_placement(placement), metric, effect)
    if as_json:
        terms.show_json(found)
        return
    seen = found.traffic
    click.echo(
        f"In {seen.days} days {seen.visitors:,} visitors saw the shelf for the first time, and "
        f"{seen.buyers:,} of them bought within 7 days."
    )
    click.echo(found.sentence())
    if found.plan is not None:
        click.echo(f"Visitors needed, both groups together: {found.plan.visitors_needed:,}.")
        for weeks, change in (
            (4, found.plan.detectable_4_weeks),
            (8, found.plan.detectable_8_weeks),
        ):
            said = "no change at all" if change is None else f"a change of {change:.0%}"
            click.echo(f"Within {weeks} weeks the smallest that would show is {said}.")
