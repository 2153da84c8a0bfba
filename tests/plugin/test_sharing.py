"""A report leaves the house: by a link that can be revoked, and by a letter."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from pydantic import SecretStr, ValidationError

from plugin import days
from plugin.letter import NotSent, compose, send
from scheduler.letters import letters
from store.engine import writing
from store.opening import Store
from store.reads import sharing as reads
from store.settings import Settings
from store.writes import sharing as writes
from tests.plugin import trials
from tests.plugin.site import NOON, Site, lines, words
from tests.plugin.site import send as post

PAGE = "/admin/shops/{key}/experiments/1/"


def make_link(site: Site, shop: Any) -> str:
    page = PAGE.format(key=shop.key) + "share"
    answer = post(site.owner_of(shop), page)
    found = re.search(r"http://127\.0\.0\.1:8000(/shared/[\w\-]+)", answer.text)
    assert found, answer.text
    return found.group(1)


def test_a_link_shows_the_report_without_a_log_in_and_leads_nowhere(site: Site) -> None:
    shop = site.shop()
    trials.run(site, site.experiment(shop), 20, treatment=0.08)
    link = make_link(site, shop)
    answer = site.browser().get(link)
    assert answer.status_code == 200
    assert "Helping" in words(answer)
    assert "/admin/shops" not in answer.text
    assert "Stop this experiment" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    # The same words as the merchant's own page, but for what leads on.
    own = lines(site.owner_of(shop).get(PAGE.format(key=shop.key)))
    assert set(lines(answer)) <= {*own, *lines(answer)[:1]}


def test_a_revoked_an_old_and_a_made_up_link_show_nothing(site: Site) -> None:
    shop = site.shop()
    trials.run(site, site.experiment(shop), 2)
    link = make_link(site, shop)
    with time_machine.travel(trials.NOW_ISH + timedelta(days=91), tick=False):
        assert site.browser().get(link).status_code == 404
    with site.reading() as connection:
        (kept,) = reads.links(connection, 1, trials.NOW_ISH)
    page = PAGE.format(key=shop.key) + "share"
    post(site.owner_of(shop), page, f"{page}/{kept.id}/revoke")
    assert site.browser().get(link).status_code == 404
    assert site.browser().get("/shared/" + "x" * 32).status_code == 404


def test_a_viewer_makes_no_links(site: Site) -> None:
    shop = site.shop()
    trials.run(site, site.experiment(shop), 2)
    viewer = site.browser(site.user("v@example.com", {shop.id: "viewer"}))
    page = PAGE.format(key=shop.key) + "share"
    assert viewer.get(page).status_code == 200
    assert post(viewer, PAGE.format(key=shop.key), page).status_code == 403


def test_another_shops_link_is_not_revoked(site: Site) -> None:
    mine, theirs = site.shop("Mine"), site.shop("Theirs")
    for shop in (mine, theirs):
        trials.run(site, site.experiment(shop), 1)
    link = make_link(site, theirs)
    page = PAGE.format(key=mine.key) + "share"
    post(site.owner_of(mine), page, f"{page}/1/revoke")
    assert site.browser().get(link).status_code == 200


# --- letters --------------------------------------------------------------------------------------


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as sending one letter takes."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                body = []
                while (part := self.rfile.readline()) != b".\r\n":
                    body.append(part)
                self.server.got.append(b"".join(body))  # type: ignore[attr-defined]
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@contextmanager
def mail_server() -> Iterator[tuple[str, list[bytes]]]:
    with socketserver.TCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.got = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}?plain", server.got  # type: ignore[attr-defined]
        server.shutdown()


def with_mail(site: Site, url: str) -> Store:
    changed = {"smtp_url": SecretStr(url), "smtp_from": "reports@example.com"}
    settings = site.store.settings.model_copy(update=changed)
    return Store(site.store.engine, site.store.ring, settings)


def test_a_letter_goes_out_once_a_week_as_text_and_html(site: Site) -> None:
    shop = site.shop("Gifts\r\nBcc: all@example.com & more")
    trials.run(site, site.experiment(shop), 20, treatment=0.08)
    with writing(site.store.engine) as connection:
        writes.send_letters_to(connection, shop.id, "anna@example.com")
    with mail_server() as (url, got):
        store = with_mail(site, url)
        assert letters(store, shop) == "1 letters sent"
        assert letters(store, shop) == "no letter is due"
    letter = message_from_bytes(got[0], policy=policy.default)
    assert isinstance(letter, EmailMessage)
    assert letter["To"] == "anna@example.com"
    assert letter["Bcc"] is None
    assert "Helping" in letter["Subject"]
    text, html = (letter.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    for part in (text, html):
        assert "with these recommendations bought something" in part.get_content()
        assert "7.67%" in part.get_content()
    assert "&amp; more" in html.get_content()
    assert "& more" in text.get_content()
    assert "src=" not in html.get_content()


def test_without_a_mail_server_or_a_report_it_says_so(site: Site) -> None:
    shop = site.shop()
    with site.reading() as connection:
        assert compose(connection, shop, "a@example.com", site.store.settings) is None
    with pytest.raises(NotSent, match="SMTP_URL"):
        send(site.store.settings, [])
    nobody = with_mail(site, "smtp://127.0.0.1:1?plain").settings
    with pytest.raises(NotSent, match=r"127\.0\.0\.1:1"):
        send(nobody, [EmailMessage()])


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://"])
def test_a_mail_server_that_cannot_be_one_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValidationError, match="must be smtp://"):
        Settings(_env_file=None, smtp_url=url)  # type: ignore[call-arg, arg-type]


# --- some days ------------------------------------------------------------------------------------


def test_presets_are_days_of_the_shops_own_calendar(site: Site) -> None:
    tokyo = site.shop("Tokyo", timezone="Asia/Tokyo", currency="JPY")
    with time_machine.travel(NOON.replace(hour=16), tick=False):  # 1 November here, the 2nd there
        asked = days.asked(tokyo, {"days": "last7"})
        assert (str(asked.first), str(asked.last)) == ("2026-10-27", "2026-11-02")
        asked = days.asked(tokyo, {"days": "before"})
        assert (str(asked.first), str(asked.last)) == ("2026-10-01", "2026-10-31")
        assert days.asked(tokyo, {"from": "2026-10-05", "to": "soon"}) == days.Days(
            asked.first.replace(day=5) if asked.first else None, None
        )
