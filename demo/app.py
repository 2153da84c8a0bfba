"""The demo shop as a web application: what it is made of and what every request shares."""

from __future__ import annotations

from pathlib import Path

import flask
from werkzeug.exceptions import HTTPException

from demo import build, database
from demo.api import access, orders, products, refunds, shop, wire

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
        )
    finally:
        db.close()
    app.teardown_appcontext(database.close)
    app.register_error_handler(wire.Refused, wire.refusal)
    app.register_error_handler(HTTPException, _not_served)
    _add_api(app)
    return app


def _add_api(app: flask.Flask) -> None:
    app.add_url_rule("/wp-json/", view_func=shop.index)
    for room in (shop.rooms, products.rooms, orders.rooms, refunds.rooms):
        app.register_blueprint(room, url_prefix=API)

    @app.before_request
    def api_needs_a_key() -> None:
        request = flask.request
        if request.path.startswith(f"{API}/") and request.endpoint not in (None, "shop.namespace"):
            access.check(request.view_args)
        elif request.args.get("rest_route", "").startswith("/wc/"):
            raise access.nobody("list")  # keys work at the pretty addresses only


def _not_served(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if not flask.request.path.startswith("/wp-json"):
        return error
    if error.code in (404, 405):
        return wire.refusal(wire.no_route())
    code, message = error.code or 500, error.description or ""
    return wire.refusal(wire.Refused(code, "rest_cannot_answer", message))
