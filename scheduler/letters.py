"""Send each shop's report to whoever wishes it, once a week.

The one place where the clock knows a page's room: what a letter says is the report's to say
(`plugin.letter`; see docs/decisions/0306).
"""

from __future__ import annotations

from datetime import timedelta

from plugin import letter
from scheduler.record import now
from store.engine import reading, writing
from store.opening import Store
from store.reads import sharing
from store.reads.shops import Shop
from store.writes import sharing as writes

# A run that was late on Monday must not keep the next Monday's back.
NOT_AGAIN_WITHIN = timedelta(days=6)


def letters(store: Store, shop: Shop) -> str:
    """Send what is due; says what was done."""
    at = now()
    with reading(store.engine) as connection:
        due = [
            wish.email
            for wish in sharing.letters(connection, shop.id)
            if wish.sent_at is None or at - wish.sent_at > NOT_AGAIN_WITHIN
        ]
        written = [(to, letter.compose(connection, shop, to, store.settings)) for to in due]
    ready = [(to, it) for to, it in written if it is not None]
    if not ready:
        return "no letter is due"
    for to, it in ready:
        letter.send(store.settings, [it])
        with writing(store.engine) as connection:
            writes.letter_sent(connection, shop.id, to, at)
    return f"{len(ready)} letters sent"
