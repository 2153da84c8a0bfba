"""What do we hold of this shop, what is wrong with it, and what did the jobs do?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template

from plugin import access, findings
from plugin.db import connection, the_store
from store.reads import overview, shops
from store.reads.trials import trials

pages = Blueprint("data", __name__, url_prefix="/admin/shops/<key>/data")

RUNS = 40  # two days of a quiet shop
TRIED_FOR = timedelta(days=28)  # as long as a product counts as new (recommenders/trying.py)


@pages.get("/")
def show(key: str) -> str:
    shop, asking = access.shop(), connection()
    return render_template(
        "data.html",
        counts=shops.counts(asking, shop.id),
        synced_at=overview.last_success(asking, shop.id, "sync")
        or overview.last_success(asking, shop.id, "import"),
        tried=trials(asking, shop.id, shop.now() - TRIED_FOR),
        findings=list(findings.of_shop(the_store(), shop, datetime.now(UTC))),
        runs=overview.last_runs(asking, shop.id, limit=RUNS),
        page={"waiting": overview.waiting(asking, shop.id)},
    )
