"""A Shopify shop installs our app: Shopify's own page asks its owner, and we are handed a token.

Two ways lead here. Inside Shopify's admin the app is a page in a frame that proves itself by a
session token, fetched anew for each request; elsewhere the browser is sent to the shop's consent
and comes back with a code. Whoever Shopify vouches for in either way may become the first owner of
a shop that nobody owns here yet, by a link that works once. docs/http.md lists the addresses,
docs/install-shopify.md the steps.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from connectors.errors import ConnectorError
from plugin import connecting, headers, signers, storefront, theme_editor, throttle
from plugin.access import open_to_all
from plugin.db import connection, the_store
from plugin.install import patience
from store.engine import writing
from store.errors import Explained
from store.reads import installs, shops
from store.writes import installs as writes
from store.writes import people

if TYPE_CHECKING:  # what speaks to Shopify is loaded by who installs, not for every shelf
    from connectors import http
    from connectors.shopify.access import App, Grant

pages = Blueprint("install_shopify", __name__, url_prefix="/install/shopify")

# The app's own address is signed when the admin's page is made, and that may stay open a while.
LAUNCHED_WITHIN = timedelta(days=1)


@pages.get("")
@open_to_all
def begin() -> AnyResponse | str:
    """The app's own address, opened by Shopify: the page in the frame, or the way to consent."""
    from connectors.shopify import access

    app = _app()
    domain = _signed_domain(app, within=LAUNCHED_WITHIN)
    shop = shops.by_domain(connection(), domain)
    if request.args.get("embedded") == "1" or request.args.get("id_token"):
        headers.let_shopify_frame(domain)
        return render_template(
            "install_shopify.html",
            client_id=app.client_id,
            domain=domain,
            shop=shop,
            embed=theme_editor.embed_link(domain, app.client_id),
            block=theme_editor.block_link(domain, app.client_id, "also_bought"),
        )
    with writing(the_store().engine) as changing:
        state = writes.begin(changing, "shopify", access.home(domain), datetime.now(UTC))
    base = the_store().settings.base_url
    callback = f"{base}{url_for('install_shopify.callback')}"
    return redirect(access.authorize_url(domain, app, redirect_url=callback, state=state))


@pages.get("/callback")
@open_to_all
def callback() -> AnyResponse:
    """Back from consent, with a code that is good once."""
    from connectors.shopify import access

    app, store, now = _app(), the_store(), datetime.now(UTC)
    domain = _signed_domain(app, within=access.FRESH)
    state, code = request.args.get("state", ""), request.args.get("code", "")
    it = installs.find(connection(), store.ring, state, now)
    if it is None or it.state != "open" or it.shop_url != access.home(domain) or not code:
        throttle.count("install")
        abort(401, "This way back was not begun here, or is over. Open the app in Shopify again.")
    session = _session()
    try:
        with writing(store.engine) as changing:
            spent = writes.use(changing, state, now)
        if not spent:
            abort(401, "This way back was used already. Open the app in Shopify again.")
        grant = access.exchange_code(session, access.home(domain), app, code)
        shop, notes = _connect(domain, app, grant, session)
    except (ConnectorError, Explained) as fault:
        return Response(render_template("install_failed.html", why=str(fault), back=""), 409)
    finally:
        session.close()
    flash("The shop is connected. Its products and orders are being read.")
    for note in notes:
        flash(note)
    return redirect(_first_owner(shop) or url_for("overview.show", key=shop.key))


@pages.post("/session")
@open_to_all
def session() -> Response:
    """The page in the frame says who it is; where we have no access yet, its proof gives it."""
    from connectors.shopify import access

    app = _app()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    who = None
    if scheme.lower() == "bearer":
        for one in signers.apps():  # for an hour after a change Shopify may use the old secret
            who = who or access.read_session_token(token.strip(), one.client_id, one.client_secret)
    if who is None:
        abort(401, "Send App Bridge's session token, fresh for each request.")
    shop = shops.by_domain(connection(), who.shop)
    notes: tuple[str, ...] = ()
    if shop is None or shop.uninstalled_at is not None or not _has_access(shop):
        asking = _session()
        try:
            home = access.home(who.shop)
            grant = access.exchange_session_token(asking, home, app, token.strip())
            shop, notes = _connect(who.shop, app, grant, asking)
        except (ConnectorError, Explained) as fault:
            abort(409, str(fault))
        finally:
            asking.close()
    told = {
        "shop": who.shop,
        "public_key": shop.key,
        "name": shop.name,
        "connected": True,
        "notes": notes,
        "overview": f"{the_store().settings.base_url}{url_for('overview.show', key=shop.key)}",
        "log_in": _first_owner(shop),
    }
    return Response(orjson.dumps(told), content_type="application/json")


def _connect(
    domain: str, app: App, grant: Grant, session: http.Session
) -> tuple[shops.Shop, tuple[str, ...]]:
    """Try the token, then keep it: the shop is connected, or has new access. Then its pages are
    told; what its owner should know of that comes along."""
    from connectors.shopify import access
    from connectors.shopify.client import Shopify
    from connectors.shopify.tokens import kept

    store, home = the_store(), access.home(domain)
    connector = Shopify(home, lambda refused: grant.access_token, session=session)
    facts = connector.check()
    with writing(store.engine) as changing:
        credentials = kept(home, app, grant)
        shop_id = connecting.connect(changing, store, "shopify", facts, credentials, None)
        shop = shops.by_id(changing, shop_id)
    return shop, storefront.tell(store, shop_id, connector)


def _first_owner(shop: shops.Shop) -> str:
    """Where whoever Shopify vouched for makes the log-in that owns the shop; empty where it has an
    owner. Only ever told to them, and the one told before opens nothing any more."""
    store = the_store()
    with writing(store.engine) as changing:
        secret = people.invite_first_owner(changing, shop.id, datetime.now(UTC))
    return f"{store.settings.base_url}{url_for('people.accept', secret=secret)}" if secret else ""


def _has_access(shop: shops.Shop) -> bool:
    return "access_token" in shops.credentials(connection(), the_store().ring, shop.id)


def _session() -> http.Session:
    from connectors import http

    settings = the_store().settings
    return http.Session(
        allow_private=settings.allow_private_hosts,
        ca_bundle=settings.ca_bundle,
        limits=patience.persons(),
    )


# --- who we are, and what Shopify signed ---------------------------------------------------------


def _app() -> App:
    found = signers.apps()
    if not found:
        abort(
            404,
            "This server has no Shopify app: set SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET, or "
            "connect a shop by `flask shop add shopify`.",
        )
    return found[0]


def _signed_domain(app: App, *, within: timedelta) -> str:
    """The shop that Shopify signed this query for, not longer ago than `within`."""
    from connectors.shopify import access

    pairs = list(request.args.items(multi=True))
    stamp = request.args.get("timestamp", "")
    now = datetime.now(UTC)
    if stamp.isascii() and stamp.isdecimal() and len(stamp) < 12:
        age_s = now.timestamp() - int(stamp)
        if 0 <= age_s <= within.total_seconds():
            now = datetime.fromtimestamp(int(stamp), UTC)  # fresh as far as this address asks
    genuine = [
        access.callback_is_genuine(pairs, one.client_secret, now=now) for one in signers.apps()
    ]
    domain = access.domain_of(request.args.get("shop", ""))
    if not any(genuine) or domain is None:
        abort(401, "Shopify did not sign this address, or too long ago. Open the app there again.")
    return domain
