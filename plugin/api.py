"""The report for machines: `GET /api/<key>/report`, opened by the shop's report key.

For a merchant's own dashboards and for the WordPress plugin. No cookie counts here.
"""

from __future__ import annotations

import hmac

import orjson
from flask import Blueprint, Response, abort, request

from plugin import throttle
from plugin.access import open_to_all
from plugin.db import connection, the_store
from plugin.report_files import as_data
from plugin.reports import told
from store.reads import experiments, shops

pages = Blueprint("api", __name__)


@pages.get("/api/<key>/report")
@open_to_all
def report(key: str) -> Response:
    """The newest experiment's report, or that of `?experiment=2`."""
    shop = _opened(key)
    found = experiments.every(connection(), shop.id)
    asked = request.args.get("experiment")
    if asked is not None:
        if not (asked.isdecimal() and len(asked) < 10):
            abort(422, "experiment must be a number.")
        chosen = experiments.by_number(connection(), shop.id, int(asked))
    elif found:
        chosen = found[0]
    else:
        abort(404, "This shop has no experiment yet. Start one in the merchant pages.")
    body = orjson.dumps(as_data(shop, told(connection(), shop, chosen)), option=orjson.OPT_UTC_Z)
    return Response(body, content_type="application/json")


def _opened(key: str) -> shops.Shop:
    """The shop that key and report key name; without both right, one and the same refusal."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    shop = shops.by_key(connection(), key)
    if shop is not None and scheme.lower() == "bearer":
        keys = shops.keys(connection(), the_store().ring, shop.id, shop.now())
        # Every key is compared, and each in constant time.
        if sum(hmac.compare_digest(own, given.strip().encode()) for own in keys.report):
            return shop
    throttle.count("report")
    return abort(
        401, "Send the shop's report key: Authorization: Bearer ... (`flask shop show` has it)."
    )
