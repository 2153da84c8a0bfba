"""`flask letters`: who gets a shop's report by e-mail, every Monday."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from plugin import letter
from plugin.commands import terms
from plugin.db import the_store
from store.engine import reading, writing
from store.errors import Explained
from store.reads import sharing
from store.writes import people
from store.writes import sharing as writes


@click.group()
def letters() -> None:
    """The report by e-mail, once a week."""


@letters.command()
@terms.shop_argument
@click.argument("email")
@terms.as_json
@with_appcontext
def add(shop: str, email: str, as_json: bool) -> None:
    """Send SHOP's report to EMAIL every Monday."""
    email = letter.address(email)
    with writing(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        writes.send_letters_to(connection, one.id, email)
        people.note(connection, "sends the report by e-mail", email, terms.now(), shop_id=one.id)
    if as_json:
        terms.show_json({"email": email, "mail_server": the_store().settings.smtp_url is not None})
        return
    click.echo(f"{email} gets the report of {one.name} on Mondays.")
    if the_store().settings.smtp_url is None:
        click.echo("No mail server is set yet: SMTP_URL and SMTP_FROM, see docs/settings.md.")


@letters.command()
@terms.shop_argument
@click.argument("email")
@terms.as_json
@with_appcontext
def remove(shop: str, email: str, as_json: bool) -> None:
    """Send SHOP's report to EMAIL no more."""
    with writing(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        there = [wish.email for wish in sharing.letters(connection, one.id)]
        if email not in there:
            named = ", ".join(there) or "nobody"
            raise Explained(f"{email} is not on the list of {one.name}; {named} is.")
        writes.stop_letters(connection, one.id, email)
        people.note(
            connection, "sends the report by e-mail no more", email, terms.now(), shop_id=one.id
        )
    if as_json:
        terms.show_json({"email": email, "removed": True})
        return
    click.echo(f"{email} gets the report of {one.name} no more.")


@letters.command("list")
@terms.shop_argument
@terms.as_json
@with_appcontext
def list_(shop: str, as_json: bool) -> None:
    """Who gets SHOP's report, and when the last one went out."""
    with reading(the_store().engine) as connection:
        one = terms.the_shop(connection, shop)
        found = sharing.letters(connection, one.id)
    if as_json:
        terms.show_json(found)
        return
    if not found:
        click.echo(f"Nobody gets the report of {one.name} yet: `flask letters add`.")
    for wish in found:
        sent = f"last sent {wish.sent_at:%Y-%m-%d %H:%M} UTC" if wish.sent_at else "not sent yet"
        click.echo(f"{wish.email}  {sent}")


@letters.command()
@terms.shop_argument
@click.option("--to", required=True, help="An e-mail address; it need not be on the list.")
@terms.as_json
@with_appcontext
def send(shop: str, to: str, as_json: bool) -> None:
    """Send SHOP's report once, now: to see whether the mail server takes it."""
    to = letter.address(to)
    store = the_store()
    with reading(store.engine) as connection:
        one = terms.the_shop(connection, shop)
        written = letter.compose(connection, one, to, store.settings)
    if written is None:
        raise Explained(f"{one.name} has no counted experiment, so there is nothing to tell.")
    letter.send(store.settings, [written])
    if as_json:
        terms.show_json({"sent_to": to, "subject": written["Subject"]})
        return
    click.echo(f"Sent to {to}.")
