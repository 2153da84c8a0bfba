"""A new shop, step by step: its address and key, checked live; then sync, training, first shelf.

Keys are pasted here; the flow in which WooCommerce makes the key itself begins at
/install/woocommerce. An address typed on a page is not trusted like one typed on the server:
private networks are refused unless ALLOW_PRIVATE_HOSTS says otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from connectors.errors import ConnectorError
from plugin import access, connecting, session, theme_editor
from plugin.db import connection, the_store
from plugin.install import patience
from store.engine import writing
from store.errors import Explained
from store.reads import models, overview, people, shops
from store.records import ShopFacts
from store.writes import jobs

pages = Blueprint("connect", __name__)

# A page that waits looks again after so long; it says how to stop that.
LOOK_AGAIN_S = 4
LONGEST_URL = 300
LONGEST_KEY = 200


@pages.get("/admin/connect")
def choose() -> str:
    _may_connect()
    return render_template("connect_shop.html", flows=_flows(), form={})


def _flows() -> dict[str, str]:
    """Platform -> where its own install flow begins, as far as this installation has one."""
    found = {}
    for rule in current_app.url_map.iter_rules():
        for platform in ("shopify", "woocommerce"):
            if rule.rule == f"/install/{platform}" and "GET" in (rule.methods or ()):
                found[platform] = rule.rule
    return found


def _may_connect() -> None:
    """Whoever owns a shop here, or has none at all yet; guests of one shop bring no others."""
    who = session.person()
    roles = people.roles(connection(), who.id) if who else {}
    if roles and "owner" not in roles.values():
        abort(403, "Only somebody who owns a shop here can connect another one.")


@pages.post("/admin/connect")
def woocommerce() -> AnyResponse | tuple[str, int]:
    _may_connect()
    form = {name: request.form.get(name, "").strip() for name in ("url", "key", "secret", "name")}
    try:
        facts, credentials = _checked(form)
        key = _keep(facts, credentials)
    except Explained as fault:
        page = render_template("connect_shop.html", flows=_flows(), form=form, fault=fault.message)
        return page, 422
    return redirect(url_for("connect.start", key=key), 303)


def _checked(form: dict[str, str]) -> tuple[ShopFacts, dict[str, str]]:
    """What the shop says of itself, and what opens it; the fault in words otherwise."""
    url = form["url"] if re.match(r"https?://", form["url"]) else f"https://{form['url']}"
    if not form["url"] or len(url) > LONGEST_URL:
        raise Explained("Give the shop’s address, such as https://shop.example.")
    if not (form["key"].startswith("ck_") and form["secret"].startswith("cs_")):
        raise Explained(
            "A consumer key begins with ck_ and its secret with cs_. Copy both from WooCommerce."
        )
    if max(len(form["key"]), len(form["secret"])) > LONGEST_KEY:
        raise Explained("The key or the secret is too long. Copy both from WooCommerce again.")
    from connectors import http  # not for every shelf
    from connectors.woocommerce.client import WooCommerce

    settings = the_store().settings
    private = settings.allow_private_hosts
    asking = http.Session(
        allow_private=private, ca_bundle=settings.ca_bundle, limits=patience.persons()
    )
    connector = WooCommerce(url, form["key"], form["secret"], allow_private=private, session=asking)
    try:
        facts = connector.check()
    except ConnectorError as fault:
        raise Explained(f"Not connected. {fault}") from None
    finally:
        connector.close()
    if form["name"]:
        facts = replace(facts, name=form["name"])
    if not facts.name.strip() or not facts.name.isprintable() or len(facts.name) > LONGEST_KEY:
        raise Explained("Give the shop a name of printable characters.")
    return facts, {"url": url, "key": form["key"], "secret": form["secret"]}


def _keep(facts: ShopFacts, credentials: dict[str, str]) -> str:
    """Connect it, make this person its owner, and have the clock fetch its data."""
    store, who, now = the_store(), session.person(), datetime.now(UTC)
    assert who is not None  # noqa: S101 - access.guard lets nobody else in
    with writing(store.engine) as changing:
        shop_id = connecting.connect(changing, store, "woocommerce", facts, credentials, who.id)
        jobs.ask(changing, shop_id, "sync", now)
        return shops.by_id(changing, shop_id).key


# --- what happens then ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a new shop has come."""

    counts: shops.Counts
    synced: bool
    trained: bool
    seen: bool  # a shopper has seen a shelf in the last 30 days
    at_work: overview.Run | None
    failed: overview.Run | None  # the newest run, where it failed
    waiting: bool
    clock_silent: bool

    @property
    def moving(self) -> bool:
        """Whether looking again soon may show more."""
        return not self.trained and (self.waiting or self.at_work is not None)


def progress(shop: shops.Shop) -> Progress:
    asking, now = connection(), datetime.now(UTC)
    runs = overview.last_runs(asking, shop.id, limit=4)
    waiting = overview.waiting(asking, shop.id)
    oldest = min(waiting.values(), default=None)
    return Progress(
        counts=shops.counts(asking, shop.id),
        synced=bool(
            overview.last_success(asking, shop.id, "sync")
            or overview.last_success(asking, shop.id, "import")
        ),
        trained=bool(models.every(asking, shop.id)),
        seen=bool(overview.shelf_use(asking, shop.id, shop.now() - overview.MONTH)),
        at_work=next((run for run in runs if run.outcome == "running"), None),
        failed=runs[0] if runs and runs[0].outcome in ("failed", "cut off") else None,
        waiting=bool(waiting),
        clock_silent=oldest is not None and now - oldest > overview.TAKEN_WITHIN,
    )


def _theme_editor(shop: shops.Shop) -> dict[str, str]:
    """The two places of Shopify's theme editor where shelves begin; none for other shops."""
    if shop.platform != "shopify":
        return {}
    store = the_store()
    opened = shops.credentials(connection(), store.ring, shop.id)
    domain = opened.get("domain") or urlsplit(opened.get("url", shop.url)).hostname
    client_id = opened.get("client_id") or store.settings.shopify_client_id
    if not domain or not client_id:
        return {}
    return {
        "embed": theme_editor.embed_link(domain, client_id),
        "block": theme_editor.block_link(domain, client_id, "also_bought"),
    }


@pages.get("/admin/shops/<key>/start")
def start(key: str) -> Response:
    """Where a new shop stands. While something is under way the page looks again by itself."""
    shop = access.shop()
    now = progress(shop)
    still = "still" in request.args
    answer = make_response(
        render_template(
            "start.html",
            it=now,
            page={"waiting": overview.waiting(connection(), shop.id)},
            still=still,
            every_s=LOOK_AGAIN_S,
            base_url=the_store().settings.base_url,
            editor=_theme_editor(shop),
        )
    )
    if now.moving and not still:
        answer.headers["Refresh"] = str(LOOK_AGAIN_S)
    return answer
