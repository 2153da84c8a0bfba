"""A shop's own choices: what it is called here, its time, and what its shelves may say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin import access, journal
from plugin.access import needs
from plugin.db import connection, the_store
from store.engine import settle, writing
from store.errors import Explained
from store.reads.shops import Shop, counts
from store.records import TRIED_SHARE, TRIED_SHARES
from store.writes import people as people_writes
from store.writes import shops as writes

pages = Blueprint("settings", __name__, url_prefix="/admin/shops/<key>/settings")

UNPROVEN = {
    "bestsellers": "Bestsellers, until the model proves itself",
    "serve": "The model all the same",
}
COUNTS = {
    "bands": "In bands: “in 30+ orders”",
    "exact": "Exactly: “in 37 orders”",
}
TRIED = {
    "0": "Never",
    "5": "In 5 of 100 visits",
    "10": "In 10 of 100 visits",
    "20": "In 20 of 100 visits",
}
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
LONGEST_NAME = 120


@pages.get("/")
def show(key: str) -> str:
    return _page(access.shop())


@pages.post("/")
@needs("owner")
def save(key: str) -> Response | tuple[str, int]:
    shop, form = access.shop(), request.form
    name = " ".join(form.get("name", "").split())
    wanted = replace(
        shop,
        name=name,
        timezone=form.get("timezone", "").strip(),
        locale=form.get("locale", "").strip(),
        settings={
            **shop.settings,
            "unproven": form.get("unproven", ""),
            "counts": form.get("counts", ""),
            "tried": int(tried) if (tried := form.get("tried", "")) in TRIED else None,
        },
    )
    fault = _fault(wanted)
    if fault is None:
        try:
            with writing(the_store().engine) as changing:
                writes.describe(changing, shop.id, wanted.name, wanted.timezone, wanted.locale)
                writes.save_settings(changing, shop.id, wanted.settings)
                journal.note(changing, "settings changed", _changes(shop, wanted))
        except Explained as taken:
            fault = taken.message
    if fault:
        return _page(shop, wanted, fault), 422
    flash("Saved.")
    return redirect(url_for("settings.show", key=key), 303)


def _fault(wanted: Shop) -> str | None:
    if not wanted.name or len(wanted.name) > LONGEST_NAME or not wanted.name.isprintable():
        return f"Give the shop a name of at most {LONGEST_NAME} printable characters."
    zone = wanted.timezone
    if not re.fullmatch(r"[+-]\d\d:\d\d", zone) and zone not in available_timezones():
        return f"There is no time zone {zone[:40]!r}. Write one such as Europe/London or +02:00."
    if not _LOCALE.fullmatch(wanted.locale):
        return "Write the language as a tag such as en, de or en-GB."
    chosen = wanted.settings
    if (
        chosen["unproven"] not in UNPROVEN
        or chosen["counts"] not in COUNTS
        or chosen["tried"] not in TRIED_SHARES
    ):
        return "Choose one of what is offered."
    return None


def _changes(before: Shop, after: Shop) -> str:
    """What differs, in one line for the log."""
    old = {"name": before.name, "time zone": before.timezone, "language": before.locale}
    new = {"name": after.name, "time zone": after.timezone, "language": after.locale}
    old |= {k: str(v) for k, v in before.settings.items()}
    new |= {k: str(v) for k, v in after.settings.items()}
    return ", ".join(f"{k}: {new[k]}" for k in new if old.get(k) != new[k]) or "nothing new"


def _page(shop: Shop, wanted: Shop | None = None, fault: str | None = None) -> str:
    it = wanted or shop
    return render_template(
        "settings.html",
        it=it,
        unproven=it.settings.get("unproven", "bestsellers"),
        counting=it.settings.get("counts", "bands"),
        tried=str(it.settings.get("tried", TRIED_SHARE)),
        UNPROVEN=UNPROVEN,
        COUNTS=COUNTS,
        TRIED=TRIED,
        zones=sorted(available_timezones()),
        fault=fault,
    )


@pages.get("/remove")
@needs("owner")
def confirm_remove(key: str) -> str:
    return render_template("shop_remove.html", counts=counts(connection(), access.shop().id))


@pages.post("/remove")
@needs("owner")
def remove(key: str) -> Response | tuple[str, int]:
    shop = access.shop()
    if request.form.get("name", "").strip() != shop.name:
        held = counts(connection(), shop.id)
        fault = "That is not its name. Nothing was removed."
        return render_template("shop_remove.html", counts=held, fault=fault), 422
    with writing(the_store().engine) as changing:
        writes.remove_shop(changing, shop.id)
        people_writes.note(changing, "shop removed", shop.name, datetime.now(UTC))
    settle(the_store().engine)
    flash(f"{shop.name} is removed. Take its script out of the shop’s pages as well.")
    return redirect(url_for("shops.every"), 303)
