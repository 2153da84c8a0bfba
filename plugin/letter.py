"""The report by e-mail: what it says, as text and as HTML, and how it is sent.

The verdict with its money, both groups, and what is wrong with the data, if anything; the page has
the rest. Written here once for the weekly job (`scheduler.letters`) and for `flask letters send`.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import Connection

from plugin import trust, words
from plugin.numbers import Numbers
from plugin.report import arm_rows
from plugin.reports import told
from store.errors import Explained
from store.reads import experiments
from store.reads.shops import Shop
from store.settings import Settings

TIMEOUT_S = 30
PORTS = {"smtp": 587, "smtps": 465}


_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
LONGEST_ADDRESS = 254  # RFC 5321


def address(text: str) -> str:
    """An e-mail address, or what is wrong with it."""
    if not _ADDRESS.fullmatch(text) or len(text) > LONGEST_ADDRESS:
        raise Explained(f"{text[:LONGEST_ADDRESS]!r} is not an e-mail address.")
    return text


class NotSent(Explained):
    """The letter did not go out; the message says why and what to change."""


def compose(connection: Connection, shop: Shop, to: str, settings: Settings) -> EmailMessage | None:
    """The newest experiment's report; None: there is none yet, or it was never counted."""
    every = experiments.every(connection, shop.id)
    it = told(connection, shop, every[0]) if every else None
    if it is None or it.report is None:
        return None
    say = Numbers.of(shop)
    frame = {
        "shop": shop,
        "it": it,
        "say": say,
        "words": words,
        "arms": arm_rows(it.report, say),
        "faults": [sign for sign in trust.signs(it.report, say) if sign.bad],
        "address": f"{settings.base_url}/admin/shops/{shop.key}/experiments/{it.number}/",
    }
    letter = EmailMessage()
    about = words.placement(it.report.placement)
    letter["Subject"] = _one_line(f"{shop.name}: {it.head} ({about})")
    letter["From"] = settings.smtp_from
    letter["To"] = to
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(_pages().get_template("letter.txt").render(frame))
    letter.add_alternative(_pages().get_template("letter.html").render(frame), subtype="html")
    return letter


def _one_line(text: str) -> str:
    """A shop's name may hold anything; a header must stay one line."""
    return " ".join(text.split())


@cache
def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def send(settings: Settings, letters: list[EmailMessage]) -> None:
    """Hand letters to the mail server of `SMTP_URL`, over TLS unless it says otherwise."""
    if settings.smtp_url is None:
        raise NotSent(
            "No mail server is set. SMTP_URL=smtp://user:password@host:587 and SMTP_FROM, "
            "see docs/settings.md."
        )
    server = urlsplit(settings.smtp_url.get_secret_value())
    host, port = server.hostname or "", server.port or PORTS[server.scheme]
    try:
        with _connected(server.scheme, host, port, plain="plain" in server.query) as smtp:
            if server.username:
                smtp.login(unquote(server.username), unquote(server.password or ""))
            for letter in letters:
                smtp.send_message(letter)
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"The mail server {host}:{port} did not take it: {error}") from None


def _connected(scheme: str, host: str, port: int, *, plain: bool) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=trusted)
    smtp = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    if not plain:  # `?plain`: a server on this machine or in a closed network
        smtp.starttls(context=trusted)
    return smtp
