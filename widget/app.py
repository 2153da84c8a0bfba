"""The storefront application: shelves, events, scripts and health; no log-in, no cookie, no CSRF.

Its own Flask app, so that nothing of the merchant's side (sessions, `Vary: Cookie`) can reach an
answer that a cache may keep.
"""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from store.engine import Serving
from store.opening import Store
from store.request_ids import with_request_ids
from widget import api, events, health, limits, openapi, problems, purchases, scripts
from widget.configs import Configs
from widget.shelves import FOR_ALL, Shelves
from widget.telling import Telling


def create_app(store: Store) -> Flask:
    app = Flask(__name__, static_folder=None)
    # A little above what an events request may hold, so that its own answer names the limit.
    app.config["MAX_CONTENT_LENGTH"] = 2 * events.LONGEST_BODY
    limit = limits.limit(store)
    serving = Serving(store.engine)
    telling = app.extensions["telling"] = Telling(serving)
    shelves = Shelves(serving, Configs(store.engine, store.ring), limit, telling)
    problems.install(app)
    app.register_blueprint(api.blueprint(store.engine, store.ring, shelves, telling))
    app.register_blueprint(purchases.blueprint(store.engine, store.ring, shelves))
    app.register_blueprint(scripts.blueprint())
    app.register_blueprint(health.blueprint(store))
    app.register_blueprint(openapi.blueprint())

    @app.before_request
    def count() -> None:
        key = (request.view_args or {}).get("key")
        if key is not None:
            limit(str(key), request.remote_addr)

    _allow_other_origins(app)
    app.wsgi_app = shelves.in_front_of(with_request_ids(app.wsgi_app))  # type: ignore[assignment, method-assign]
    if store.settings.trusted_proxies:
        hops = store.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, hops)  # type: ignore[method-assign]
    return app


def _allow_other_origins(app: Flask) -> None:
    """Any page may ask: everything here is public by the shop's key, and nothing uses cookies."""

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers.update(FOR_ALL)
        if "Retry-After" in answer.headers:  # else another origin's script may not read it
            answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
        if request.method == "OPTIONS":
            answer.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
            answer.headers["Access-Control-Allow-Headers"] = "Alongside-Visitor, Content-Type"
            answer.headers["Access-Control-Max-Age"] = "86400"
        return answer
