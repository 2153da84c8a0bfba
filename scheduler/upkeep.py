"""Keep the store small and tidy: old lists, old events, old attempts, and the planner's numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from store.engine import reading, settle, writing
from store.opening import Store
from store.reads import shops
from store.writes import checkouts, inbox, installs, models, people, retention

# Attempts are counted over minutes; a day of them is more than any limit looks at.
ATTEMPTS_FOR = timedelta(days=1)
RUNS_FOR = timedelta(days=90)
# A product that a visitor left unclicked many times gives its place to others for a month.
IGNORED_FOR = timedelta(days=30)


def upkeep(store: Store) -> str:
    """Everything that may go, in small transactions; returns what went, in words."""
    now = datetime.now(UTC)
    lists = events = 0
    with reading(store.engine) as connection:
        every = shops.every(connection)
        stale = [
            model
            for shop in every
            for model in models.prunable(connection, shop.id, store.settings.models_kept)
        ]
    for model in stale:
        while True:
            with writing(store.engine) as connection:
                gone = models.prune_lists(connection, model)
            lists += gone
            if not gone:
                break
    for shop in every:
        before = shop.now() - timedelta(days=store.settings.event_days)
        while True:
            with writing(store.engine) as connection:
                gone = retention.prune_events(connection, shop.id, before)
            events += gone
            if not gone:
                break
        with writing(store.engine) as connection:
            retention.prune_ignored(connection, shop.id, shop.now() - IGNORED_FOR)
    while True:
        with writing(store.engine) as connection:
            if not inbox.forget_deliveries(connection, now - inbox.REPEATS_FOR):
                break
    with writing(store.engine) as connection:
        checkouts.forget(connection, now - checkouts.KEPT_FOR)
        installs.forget(connection, now)
        people.forget_attempts(connection, now - ATTEMPTS_FOR)
        retention.prune_runs(connection, now - RUNS_FOR)
    settle(store.engine)
    retention.refresh_statistics(store.engine)
    return f"{lists:,} old lists and {events:,} old events deleted"
