"""`flask doctor`: each fault found, with its mend; of one shop, whether its orders reconcile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal

import click
from flask.cli import with_appcontext

from plugin.commands import terms
from plugin.db import the_store
from plugin.findings import Finding, of_installation, of_shop
from plugin.reconcile import DAYS, can_be_asked, reconcile_with
from store.engine import reading
from store.reads import people, shops
from store.reads.shops import Shop
from store.reconciling import Day, Difference, Reconciled
from store.records import exponent

_WORDS = {
    "gross_minor": "gross",
    "discount_minor": "discount",
    "tax_minor": "tax",
    "total_minor": "total",
    "refund_minor": "refunds",
    "refund_net_minor": "refunds without tax and shipping",
    "placed_at": "placed",
}


@click.command()
@click.argument("shop", required=False)
@click.option("--days", default=DAYS, show_default=True, help="Compare the orders of so many days.")
@click.option("--offline", is_flag=True, help="Do not ask the shop; look at what is held.")
@click.option("--mend", is_flag=True, help="Save what the shop says where an order differs.")
@terms.as_json
@with_appcontext
def doctor(shop: str | None, days: int, offline: bool, mend: bool, as_json: bool) -> None:
    """Look for faults in the installation and in SHOP, or in every shop.

    SHOP is also asked for its orders of the last days, which are compared with what is held, to
    the penny. Exit code 1 when something was found.
    """
    if not 1 <= days <= 3_650:
        raise click.UsageError("--days: from 1 to 3650.")
    store, now = the_store(), terms.now()
    found: list[Finding] = list(of_installation(store, now))
    accounts: list[str] = []
    compared: Reconciled | None = None
    if not any(finding.code in ("schema", "store-away") for finding in found):
        with reading(store.engine) as connection:
            chosen = [terms.the_shop(connection, shop)] if shop else shops.every(connection)
            accounts = [user.email for user in people.every(connection)]
        if shop and not offline and can_be_asked(chosen[0]):
            compared = _compare(chosen[0], days, mend, found)
        for one in chosen:
            found += of_shop(store, one, now)
    if as_json:
        terms.show_json({"findings": found, "accounts": accounts, "orders": compared})
    else:
        if compared is not None:
            for line in _told(compared, days):
                click.echo(line)
        for finding in found:
            click.echo(f"{finding.shop or 'Installation'}: {finding.what}")
            click.echo(f"   Mend: {finding.mend}  [{finding.code}]")
        click.echo("Accounts: " + (", ".join(accounts) or "none yet (`flask setup-link`)") + ".")
        if not found:
            click.echo("Nothing is wrong.")
    if found:
        sys.exit(1)


def _compare(shop: Shop, days: int, mend: bool, found: list[Finding]) -> Reconciled | None:
    from connectors.errors import ConnectorError

    try:
        return reconcile_with(the_store(), shop, days, mend=mend)
    except ConnectorError as fault:
        mended = "The orders were not compared; `--offline` leaves that out."
        found.append(Finding("shop-refuses", shop.name, str(fault), mended))
        return None


def _told(compared: Reconciled, days: int) -> Iterator[str]:
    if not compared.differences:
        yield f"Orders of {days} days: all {compared.orders:,} are as the shop says, to the penny."
        return
    yield (
        f"Orders of {days} days: {len(compared.differences):,} of {compared.orders:,} are not what "
        "the shop says."
    )
    for day in compared.days:
        if day.ours != day.theirs:
            yield f"  {_day(day)}"
    for difference in compared.differences:
        yield f"  {_difference(difference)}"


def _day(day: Day) -> str:
    parts = []
    for name in (
        "orders",
        "gross_minor",
        "discount_minor",
        "refund_minor",
        "tax_minor",
        "net_minor",
    ):
        ours, theirs = getattr(day.ours, name), getattr(day.theirs, name)
        if ours != theirs:
            word = _WORDS.get(name, name.removesuffix("_minor"))
            parts.append(f"{word} {_said(name, ours, day.currency)} here, "
                         f"{_said(name, theirs, day.currency)} there")  # fmt: skip
    return f"{day.day} {day.currency}: " + "; ".join(parts)


def _difference(difference: Difference) -> str:
    parts = [
        f"{_WORDS.get(name, name)} {_said(name, ours, difference.currency)} here, "
        f"{_said(name, theirs, difference.currency)} there"
        for name, ours, theirs in difference.parts
    ]
    named = f"order {difference.id}"
    if difference.number != difference.id:
        named += f" (number {difference.number})"
    return f"{difference.day} {named}: {difference.kind}" + (
        f": {'; '.join(parts)}" if parts else ""
    )


def _said(name: str, value: str | int, currency: str) -> str:
    if not name.endswith("_minor") or isinstance(value, str):
        return str(value)
    decimals = exponent(currency)
    return f"{Decimal(value).scaleb(-decimals):,.{decimals}f}"
