"""A WooCommerce shop hands us its API key itself: docs/http.md tells the trip step by step.

The browser begins it, an account of ours confirms it, WooCommerce's own page grants it, the shop's
server posts the key, and the browser comes back. What joins these is one one-time word.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from connectors.errors import ConnectorError
from connectors.woocommerce.access import authorize_url
from plugin import connecting, headers, session, throttle
from plugin.access import open_to_all
from plugin.db import connection, the_store
from plugin.install import asked, patience
from store.engine import writing
from store.errors import Explained
from store.reads import installs, shops
from store.records import ShopFacts
from store.writes import installs as writes

pages = Blueprint("install_woocommerce", __name__)

_KEY_LENGTH = 200  # a consumer key has 43 characters


# --- out: to the shop's own page -----------------------------------------------------------------


@pages.get("/install/woocommerce")
@open_to_all
def begin() -> AnyResponse:
    """Where the WordPress plugin sends its owner: on to the page that asks for a log-in."""
    if "shop" in request.args:
        _asked()
    query = request.query_string.decode("ascii", "replace")
    return redirect(url_for("install_woocommerce.confirm") + (f"?{query}" if query else ""))


@pages.get("/admin/connect/woocommerce")
def confirm() -> str:
    """Which shop, and one button. Without a shop, a field for its address."""
    if "shop" not in request.args:
        return render_template("install_woocommerce.html", asked=None)
    it = _asked()
    headers.let_forms_go_to(asked.origin(it.shop))
    known = shops.by_url(connection(), "woocommerce", it.shop)
    reason = _unreachable(it.shop)
    return render_template("install_woocommerce.html", asked=it, known=known, reason=reason)


@pages.post("/admin/connect/woocommerce")
def go() -> AnyResponse:
    it, who = _asked(request.form), session.person()
    if fault := _unreachable(it.shop):
        abort(409, fault)
    with writing(the_store().engine) as changing:
        word = writes.begin(
            changing,
            "woocommerce",
            it.shop,
            _now(),
            return_url=it.back,
            state=it.state,
            user_id=who.id if who else None,
        )
    base = the_store().settings.base_url
    headers.let_forms_go_to(asked.origin(it.shop))
    return redirect(
        authorize_url(
            it.shop,
            one_time_id=word,
            return_url=f"{base}/install/woocommerce/return",
            callback_url=f"{base}/install/woocommerce/callback",
        ),
        303,
    )


def _asked(given: Any = None) -> asked.Asked:
    given = request.args if given is None else given
    try:
        return asked.read(given.get("shop", ""), given.get("return", ""), given.get("state", ""))
    except asked.Wrong as wrong:
        abort(422, str(wrong))


def _unreachable(shop: str) -> str | None:
    """Why WooCommerce there could not post a key to us."""
    base = the_store().settings.base_url
    try:
        authorize_url(shop, one_time_id="", return_url="", callback_url=base)
    except ValueError:
        return (
            f"WooCommerce hands keys to https addresses only, and BASE_URL here is {base}. Put a "
            "web server with a certificate in front and set BASE_URL to its address, or make a key "
            "by hand and use `flask shop add woocommerce`."
        )
    return None


# --- the shop's server: a key ---------------------------------------------------------------------


@pages.post("/install/woocommerce/callback")
@open_to_all
def callback() -> Response:
    """Unsigned: the one-time word is the proof. At anything but 200 WooCommerce deletes the key."""
    try:
        told = orjson.loads(request.get_data(cache=False))
        word, key, secret = (told[name] for name in ("user_id", "consumer_key", "consumer_secret"))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        abort(422, "A JSON object with user_id, consumer_key and consumer_secret was expected.")
    for value in (word, key, secret):
        if not (isinstance(value, str) and 0 < len(value) <= _KEY_LENGTH and value.isascii()):
            abort(422, "user_id, consumer_key and consumer_secret are short texts.")
    with writing(the_store().engine) as changing:
        taken = writes.keep_credentials(
            changing, the_store().ring, word, {"key": key, "secret": secret}, _now()
        )
    if not taken:
        throttle.count("install")
        abort(403, "This user_id is unknown, was used, or is over. Begin again at the shop.")
    return Response("taken", 200, content_type="text/plain")


# --- back: the browser ----------------------------------------------------------------------------


@pages.get("/install/woocommerce/return")
@open_to_all
def come_back() -> AnyResponse:
    word, store = request.args.get("user_id", ""), the_store()
    it = installs.find(connection(), store.ring, word, _now())
    if it is None or it.platform != "woocommerce":
        throttle.count("install")
        abort(404, "Nobody is connecting a shop at this address. Begin again.")
    if it.state != "open":
        abort(410, "This way back was used already, or took more than an hour. Begin again.")
    if request.args.get("success") != "1":
        with writing(store.engine) as changing:
            writes.use(changing, word, _now())
        if it.return_url:
            return _back(it, alongside_error="denied")
        flash("Nothing was connected: the key was denied.")
        return redirect(url_for("install_woocommerce.confirm"))
    if it.credentials is None:
        return _failed(
            it,
            "The shop has not handed over its key. It must reach this server at "
            f"{store.settings.base_url}, by https with a certificate that WordPress trusts.",
        )
    credentials = {"url": it.shop_url, **it.credentials}
    try:
        facts = _tried(it.shop_url, credentials)
        with writing(store.engine) as changing:
            shop_id = connecting.connect(
                changing, store, "woocommerce", facts, credentials, it.user_id
            )
            if not writes.use(changing, word, _now(), shop_id):
                abort(410, "This way back was used already. Begin again.")
            code = writes.make_code(changing, word, _now()) if it.return_url else ""
            key = shops.by_id(changing, shop_id).key
    except (ConnectorError, Explained) as fault:
        return _failed(it, str(fault))
    if it.return_url:
        return _back(it, alongside_code=code)
    flash("The shop is connected. Its products and orders are being read.")
    return redirect(url_for("overview.show", key=key))


def _tried(url: str, credentials: dict[str, str]) -> ShopFacts:
    """What the shop says of itself, asked with the key it gave us."""
    from connectors import http
    from connectors.woocommerce.client import WooCommerce

    settings = the_store().settings
    private = settings.allow_private_hosts
    asking = http.Session(
        allow_private=private, ca_bundle=settings.ca_bundle, limits=patience.persons()
    )
    connector = WooCommerce(
        url, credentials["key"], credentials["secret"], allow_private=private, session=asking
    )
    try:
        return connector.check()
    finally:
        connector.close()


def _back(it: installs.Install, **more: str) -> AnyResponse:
    return redirect(asked.with_added(it.return_url, **more, state=it.caller_state))


def _failed(it: installs.Install, why: str) -> Response:
    """What is wrong, on a page of ours; the word stays good, so that "again" is a reload."""
    back = ""
    if it.return_url:
        back = asked.with_added(it.return_url, alongside_error="failed", state=it.caller_state)
    return Response(render_template("install_failed.html", why=why, back=back), 409)


# --- the shop's server: its keys -----------------------------------------------------------------


@pages.post("/install/woocommerce/exchange")
@open_to_all
def exchange() -> Response:
    """The one-time code for the keys that the shop's pages need."""
    throttle.count("exchange")
    code = _code()
    store = the_store()
    with writing(store.engine) as changing:
        shop_id = writes.exchange(changing, code, _now())
        if shop_id is None:
            abort(403, "This code is unknown, was used, or is over. Connect the shop again.")
        shop = shops.by_id(changing, shop_id)
        keys = shops.keys(changing, store.ring, shop_id, shop.now())
    told = {
        "public_key": shop.key,
        "customer_key": keys.customer[0].decode(),
        "report_token": keys.report[0].decode(),
    }
    return Response(orjson.dumps(told), content_type="application/json")


def _code() -> str:
    """From a form or from JSON."""
    code: Any = request.form.get("code")
    if code is None:
        try:
            told = orjson.loads(request.get_data())
            code = told.get("code") if isinstance(told, dict) else None
        except orjson.JSONDecodeError:
            code = None
    if not isinstance(code, str) or not 0 < len(code) <= _KEY_LENGTH:
        abort(422, "code: send the one that came with the return address, as JSON or as a form.")
    return code


def _now() -> datetime:
    return datetime.now(UTC)
