"""The demo shop as a web application: what it is made of and what every request shares."""

from __future__ import annotations

from pathlib import Path

import flask
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException, NotFound

from demo import build, database
from demo.api import access, orders, products, refunds, shop, webhooks, wire
from demo.storefront import authorize, checkout, pages

API = "/wp-json/wc/v3"


def create_app(
    folder: Path, *, home_url: str | None = None, max_orders: int | None = None
) -> flask.Flask:
    """The shop whose state lies in `folder` (built at the first start).

    `home_url` is the shop's own address, which signatures and links use; without it, the one it
    had last. `max_orders` keeps a newly built shop small.
    """
    file = build.ensure(folder, max_orders=max_orders)
    app = flask.Flask("demo", static_folder=None)
    app.url_map.strict_slashes = False
    db = database.connect(file)
    try:
        if home_url is not None:
            database.settle(db, "home_url", home_url.rstrip("/"))
        app.config.update(
            SHOP_FILE=file,
            SHOP_HOME=database.fact(db, "home_url"),
            SECRET_KEY=database.fact(db, "cookie_secret"),
            MAX_CONTENT_LENGTH=1024 * 1024,  # a write to this API is a few kilobytes
            # Cookies know no ports: another application on this host must not share ours.
            SESSION_COOKIE_NAME="marlow_finch",
            SESSION_COOKIE_SAMESITE="Lax",
            WTF_CSRF_CHECK_DEFAULT=False,  # the API is signed; the pages' forms are checked below
            WTF_CSRF_TIME_LIMIT=None,  # a basket may stay open overnight
        )
    finally:
        db.close()
    app.teardown_appcontext(database.close)
    app.register_error_handler(wire.Refused, wire.refusal)
    app.register_error_handler(HTTPException, _not_served)
    app.before_request(_ids_fit)
    _add_api(app)
    _add_pages(app)
    return app


def _ids_fit() -> None:
    """A number in an address that no row can have."""
    for value in (flask.request.view_args or {}).values():
        if isinstance(value, int) and value > database.LARGEST_ID:
            raise NotFound


def _add_api(app: flask.Flask) -> None:
    app.add_url_rule("/wp-json/", view_func=shop.index)
    for room in (shop.rooms, products.rooms, orders.rooms, refunds.rooms, webhooks.rooms):
        app.register_blueprint(room, url_prefix=API)

    @app.before_request
    def api_needs_a_key() -> None:
        request = flask.request
        if request.path.startswith(f"{API}/") and request.endpoint not in (None, "shop.namespace"):
            access.check(request.view_args)
        elif request.args.get("rest_route", "").startswith("/wc/"):
            raise access.nobody("list")  # keys work at the pretty addresses only


def _add_pages(app: flask.Flask) -> None:
    csrf = CSRFProtect(app)
    for room in (pages.rooms, checkout.rooms, authorize.rooms):
        app.register_blueprint(room)

    @app.before_request
    def forms_carry_a_token() -> None:
        # `/?wc-ajax=` has none in real shops either; it checks the Origin header instead.
        if (
            flask.request.blueprint in ("pages", "checkout", "authorize")
            and flask.request.path != "/"
        ):
            csrf.protect()

    @app.after_request
    def as_declared(response: flask.Response) -> flask.Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response


def _not_served(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if not flask.request.path.startswith("/wp-json"):
        return _sorry(error)
    if error.code in (404, 405):
        return wire.refusal(wire.no_route())
    code, message = error.code or 500, error.description or ""
    return wire.refusal(wire.Refused(code, "rest_cannot_answer", message))


def _sorry(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if error.code is None or error.code < 400:  # a redirect
        return error
    heading, message = "Sorry, that did not work", error.description or ""
    if error.code == 404:
        heading, message = "Sorry, there is nothing here", "The page may have moved."
    page = flask.render_template("sorry.html", heading=heading, message=message, category=None)
    return page, error.code
