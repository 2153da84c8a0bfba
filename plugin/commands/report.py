"""`flask report`: the figures of the report page, for a terminal or a program.

`--recompute` counts everything anew from events and orders, `--check` compares that with what is
stored, and `--from --to` sums the visitors of some days only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import Connection

from experiments import shown
from experiments.report import Report
from plugin import days, showing
from plugin import report as page
from plugin.commands import terms
from plugin.db import the_store
from plugin.numbers import Numbers
from plugin.report_files import as_data
from plugin.reports import Told, told
from store.engine import reading
from store.errors import Explained
from store.reads import experiments, observed, outcomes
from store.reads import trust as measuring
from store.reads.shops import Shop
from store.records import Experiment

MOST = 8  # differing figures named; the rest is counted


class Day(click.ParamType[date]):
    """A day of the shop's calendar, ISO 8601."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write it like 2026-11-30.", param, ctx)


@click.command()
@terms.shop_argument
@click.option("--experiment", "number", type=int, help="Its number; default: the newest.")
@click.option("--from", "first", type=Day(), help="Only visitors who entered from this day on.")
@click.option("--to", "last", type=Day(), help="Only visitors who entered up to this day.")
@click.option("--recompute", is_flag=True, help="Count anew from events and orders.")
@click.option(
    "--check", is_flag=True, help="With --recompute: fail where the stored figures differ."
)
@terms.as_json
@with_appcontext
def report(
    shop: str,
    number: int | None,
    first: date | None,
    last: date | None,
    recompute: bool,
    check: bool,
    as_json: bool,
) -> None:
    """The report of one of SHOP's experiments: the same numbers as the page."""
    if check and not recompute:
        raise click.UsageError("--check compares with a recomputation: give --recompute as well.")
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        chosen = _chosen(connection, one, number)
        it = told(connection, one, chosen)
        if first or last:
            _show_days(connection, it, first, last, Numbers.of(one), as_json)
            return
        if recompute:
            fresh = _recomputed(connection, one, it)
            faults = list(_differing(it.report, fresh)) if it.report and check else []
            it = replace(it, report=fresh)
    if as_json:
        terms.show_json(as_data(one, it))
    else:
        _show(it, one)
    if recompute and check:
        if faults:
            more = f" and {len(faults) - MOST:,} more" if len(faults) > MOST else ""
            raise Explained(
                f"The stored report differs in: {'; '.join(faults[:MOST])}{more}. "
                "Orders may have changed since it was counted; it is counted anew within ten "
                "minutes where the scheduler runs."
            )
        click.echo("The stored figures equal the recomputed ones.", err=True)


def _chosen(connection: Connection, shop: Shop, number: int | None) -> experiments.Numbered:
    if number is not None:
        return experiments.by_number(connection, shop.id, number)
    every = experiments.every(connection, shop.id)
    if not every:
        raise Explained(
            f"{shop.name} has no experiment yet. `flask experiment start --help` says how."
        )
    return every[0]


def _show(it: Told, shop: Shop) -> None:
    say = Numbers.of(shop)
    click.echo(f"Experiment {it.number}: {it.experiment.placement} against {it.experiment.against}")
    if it.report is None:
        raise Explained(
            "It was not counted yet. The scheduler counts every ten minutes; --recompute does now."
        )
    click.echo(it.sentence)
    terms.show_table(
        ("Figure", "Control", "Treatment"),
        [(row.label, row.control, row.treatment) for row in page.arm_rows(it.report, say)],
    )
    if it.report.differences:
        terms.show_table(
            ("Difference", "Change", "Range", "Sure to"),
            [
                (row.label, row.change, row.interval, row.level)
                for row in page.difference_rows(it.report, say)
            ],
        )
    if it.report.shown:
        lines = showing.told(it.report.shown, say).lines
        terms.show_table(
            ("What shoppers saw", "Control", "Treatment"),
            [(line.label, line.control, line.treatment) for line in lines],
        )
    if it.report.extra:
        extra = it.report.extra
        click.echo(
            f"Extra revenue: {say.more(extra.estimate_minor)} ({say.more(extra.low_minor)} to "
            f"{say.more(extra.high_minor)}). Attributed to clicks: "
            f"{say.money(extra.attributed_minor)}."
        )


# --- counting anew --------------------------------------------------------------------------------


def _recomputed(connection: Connection, shop: Shop, it: Told) -> Report:
    """The report from raw rows, as of the instant of the stored one (or of now).

    The verdict stays that of the last judged day: verdicts are history and never counted again.
    """
    from experiments import assess, persons  # load scipy, which pages must not
    from experiments.health import Signs
    from experiments.outcome import Judgement

    until_at: datetime = it.report.until_at if it.report else shop.now()
    test = it.experiment
    days = shop.days(test.started_at, until_at)
    spans = [(begins_at, min(ends_at, until_at)) for _, begins_at, ends_at in days]
    raw = outcomes.everyone(connection, shop.id, test)
    units = persons.units(
        test, raw.entries, raw.links, raw.orders, raw.clicks, raw.attributed_minor, raw.robots
    )
    day = assess.day_tally(test, units, until_at)
    judged = experiments.judged_days(connection, test.id)
    judgement = Judgement.from_json(judged[-1][2]) if judged else assess.judge_day(test, day)
    end, at_end = judgement.running.end, None
    if end is not None and end.at is not None:
        at_end = assess.day_tally(test, units, end.at)
        judgement, _ = assess.corrected(test, judgement, at_end, day)
    return assess.report(
        test,
        day,
        judgement,
        shop.currency,
        Signs.of(
            (asdict(measuring.measured(connection, shop.id, test, *span)) for span in spans),
            measuring.clock_ahead_s(connection, shop.id, test, until_at),
        ),
        assess.part_sums(test, units, until_at),
        [unit for unit in units if unit.orders],
        it.report.restated if it.report else (),
        at_end,
        _shown_anew(connection, shop, test, spans),
    )


def _shown_anew(
    connection: Connection, shop: Shop, test: Experiment, spans: Sequence[tuple[datetime, datetime]]
) -> shown.Shown | None:
    days = [
        shown.Day.of(since, observed.views(connection, shop.id, test, since, until))
        for since, until in spans
    ]
    start = test.started_at
    offered = observed.offered(connection, shop.id, start - shown.SOLD_DAYS, start)
    return shown.shown(days, offered)


def _differing(stored: Report, fresh: Report) -> Iterator[str]:
    """Every figure that is not the same, as "control.orders: 17, recomputed 18"."""
    for part in ("parts", "repeats", "differences", "shown"):
        if getattr(stored, part) != getattr(fresh, part):
            yield f"{part} differ"
    for part in ("control", "treatment", "split", "health", "extra"):
        old, new = getattr(stored, part), getattr(fresh, part)
        before, after = asdict(old) if old else {}, asdict(new) if new else {}
        for name in sorted(before.keys() | after.keys()):
            if _plain(before.get(name)) != _plain(after.get(name)):
                yield f"{part}.{name}: {before.get(name)}, recomputed {after.get(name)}"


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


# --- some days only -------------------------------------------------------------------------------


def _show_days(
    connection: Connection,
    it: Told,
    first: date | None,
    last: date | None,
    say: Numbers,
    as_json: bool,
) -> None:
    """Raw sums of the visitors who entered on these days, mature or not; never a verdict."""
    arms = days.sums(connection, it.experiment, days.Days(first, last))
    if as_json:
        terms.show_json({"from": first, "to": last, "control": arms[0], "treatment": arms[1]})
        return
    click.echo(
        "Raw figures of visitors who entered on these days, whether their time to buy is over or "
        "not. A verdict is about the whole test only."
    )
    rows = page.raw_rows(*arms, say)
    terms.show_table(
        ("Figure", "Control", "Treatment"), [(r.label, r.control, r.treatment) for r in rows]
    )
