"""The merchant's application: table of contents of the admin pages and of the report's address.

Its own Flask app, apart from the storefront: sessions, CSRF and strict headers are for people who
log in. `wsgi.py` sends the storefront's addresses elsewhere.
"""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from plugin import (
    access,
    access_page,
    api,
    connect,
    data,
    db,
    entry,
    experiments,
    explorer,
    headers,
    layout,
    letters,
    log,
    models,
    overview,
    people,
    phases,
    privacy,
    proxy,
    refusals,
    report,
    report_files,
    rules,
    session,
    settings,
    sharing,
    shelves,
    shoppers,
    shops,
    webhooks,
)
from plugin.install import shopify as install_shopify
from plugin.install import woocommerce as install_woocommerce
from store.opening import Store

# The longest form of ours is a few hundred bytes.
LONGEST_BODY = 64 * 1024

ROOMS = (
    entry, shops, connect, overview, shelves, rules, explorer, experiments, phases, report,
    report_files, sharing, letters, models, data, privacy, settings, people, log, api, shoppers,
    webhooks, install_woocommerce, install_shopify, proxy, access_page,
)  # fmt: skip


def create_app(store: Store) -> Flask:
    app = Flask(__name__, static_url_path="/admin/static")
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    # A form stays good as long as its session; a page left open over lunch is no attack.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    if store.settings.trusted_proxies:
        hops = store.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, hops)  # type: ignore[method-assign]
    db.install(app, store)
    session.install(app, store)
    headers.install(app, https=store.settings.base_url.startswith("https://"))
    access.install(app)  # before the CSRF check: who may not see a page learns nothing of its forms
    csrf = CSRFProtect(app)
    # Machines send no forms of ours; they prove themselves by a signature or a one-time word.
    for room in (webhooks, shoppers, proxy, install_shopify):
        csrf.exempt(room.pages)
    for view in (install_woocommerce.callback, install_woocommerce.exchange):
        csrf.exempt(view)
    refusals.install(app)
    layout.install(app)
    for room in ROOMS:
        app.register_blueprint(room.pages)
    return app
