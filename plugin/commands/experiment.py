"""`flask experiment`: start, stop and list split tests."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import Connection

from experiments.assign import BUCKETS
from plugin import words
from plugin.commands import terms
from plugin.db import the_store
from plugin.reports import told
from plugin.starting import DAYS, Forecast, Metric, Wish, next_phase, start
from store.engine import reading, writing
from store.reads import experiments
from store.reads.shops import Shop
from store.records import EVERY_SHELF, Experiment
from store.writes import experiments as writes
from store.writes import people


@click.group()
def experiment() -> None:
    """Split tests: what does a shelf really add?"""


@experiment.command("start")
@terms.shop_argument
@click.option("--placement", required=True, help="The shelf to test, such as also_bought.")
@click.option(
    "--against",
    required=True,
    help="What the others see: none, bestsellers, a strategy, a model's version, or itself.",
)
@click.option(
    "--metric",
    type=click.Choice(["cvr", "rpv"]),
    default="cvr",
    show_default=True,
    help="What decides: conversion rate, or revenue per visitor.",
)
@click.option(
    "--days", type=int, default=DAYS, show_default=True, help="Whole weeks, 14 to 56 days."
)
@click.option(
    "--share", type=int, default=50, show_default=True, help="Per cent who see the shelf."
)
@terms.as_json
@with_appcontext
def start_(
    shop: str, placement: str, against: str, metric: Metric, days: int, share: int, as_json: bool
) -> None:
    """Start a 50/50 test on SHOP. Everything is locked at the start.

    The cap on revenue per visitor is learned from the last 90 days' orders; each visitor's orders
    count for 7 days.
    """
    with writing(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        wish = Wish(terms.the_placement(placement), against, metric, days, share)
        number, expected = start(connection, one, wish, one.now())
        _tell_start(connection, one, number, expected, as_json)


@experiment.command()
@terms.shop_argument
@click.option("--percent", type=int, default=5, show_default=True, help="Who see no shelf.")
@click.option("--metric", type=click.Choice(["cvr", "rpv"]), default="rpv", show_default=True)
@click.option("--days", type=int, default=91, show_default=True, help="Until the locked end.")
@terms.as_json
@with_appcontext
def holdout(shop: str, percent: int, metric: Metric, days: int, as_json: bool) -> None:
    """Hold a few visitors of SHOP out from every shelf, to know what all shelves earn together.

    For after a roll-out. It goes before every other test and costs what those visitors would have
    spent more; read it by the quarter, and start it anew once a year.
    """
    with writing(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        wish = Wish(EVERY_SHELF, "none", metric, days, 100 - percent)
        number, expected = start(connection, one, wish, one.now())
        _tell_start(connection, one, number, expected, as_json)


@experiment.command()
@terms.shop_argument
@click.argument("number", type=int)
@click.option("--share", type=int, required=True, help="Per cent who see the shelf from now on.")
@terms.as_json
@with_appcontext
def ramp(shop: str, number: int, share: int, as_json: bool) -> None:
    """Stop experiment NUMBER and start it anew with another share, as a phase of its own."""
    with writing(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        following, expected = next_phase(connection, one, number, share, one.now())
        _tell_start(connection, one, following, expected, as_json)


def _tell_start(
    connection: Connection, shop: Shop, number: int, expected: Forecast, as_json: bool
) -> None:
    found = experiments.by_number(connection, shop.id, number).experiment
    note = f"{found.placement} against {found.against}"
    people.note(connection, f"started experiment {number}", note, terms.now(), shop_id=shop.id)
    if as_json:
        terms.show_json({"experiment": number, **_facts(found), "forecast": expected})
        return
    click.echo(
        f"Experiment {number} is running: {words.placement(found.placement)} against "
        f"{words.against(found.against)}, until {found.ends_at:%Y-%m-%d %H:%M} UTC."
    )
    click.echo(expected.sentence())
    click.echo(f"Its report: `flask report {shop.key} --experiment {number}`.")


@experiment.command()
@terms.shop_argument
@click.argument("number", type=int)
@terms.as_json
@with_appcontext
def stop(shop: str, number: int, as_json: bool) -> None:
    """Stop an experiment: nobody enters any more, those who are in keep their 7 days."""
    with writing(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        found = experiments.by_number(connection, one.id, number)
        over = found.experiment.stopped_at is not None
        writes.stop_experiment(connection, found.experiment.id, one.now())
        if not over:
            people.note(connection, f"stopped experiment {number}", "", terms.now(), shop_id=one.id)
    if as_json:
        terms.show_json({"experiment": number, "stopped": True, "was_stopped_before": over})
    else:
        click.echo(f"Experiment {number} {'was stopped already' if over else 'is stopped'}.")


@experiment.command("list")
@terms.shop_argument
@terms.as_json
@with_appcontext
def list_(shop: str, as_json: bool) -> None:
    """SHOP's experiments with their verdicts, the newest first."""
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        found = [told(connection, one, each) for each in experiments.every(connection, one.id)]
    if as_json:
        terms.show_json(
            [
                {
                    "experiment": it.number,
                    **_facts(it.experiment),
                    "state": it.state(one.now()),
                    "verdict": it.kind,
                    "sentence": it.sentence,
                }
                for it in found
            ]
        )
        return
    if not found:
        click.echo(f"{one.name} has no experiment yet. `flask experiment start --help` says how.")
    for it in found:
        click.echo(
            f"{it.number}. {it.experiment.placement} against {it.experiment.against}, "
            f"{it.experiment.started_at:%Y-%m-%d} to {it.experiment.ends_at:%Y-%m-%d}, "
            f"{it.state(one.now())}"
        )
        click.echo(f"   {it.sentence or 'Not counted yet.'}")


def _facts(found: Experiment) -> dict[str, object]:
    return {
        "placement": found.placement,
        "against": found.against,
        "metric": found.metric,
        "share": found.share / BUCKETS,
        "started_at": found.started_at,
        "ends_at": found.ends_at,
        "stopped_at": found.stopped_at,
        "window_s": found.window_s,
        "cap_minor": found.cap_minor,
        "planned_visitors": found.planned_visitors,
        "planned_conversions": found.planned_conversions,
    }
