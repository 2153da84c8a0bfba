"""Does the shop have our webhooks, and are they on? Those that are missing are made.

The only thing that we ever write at a shop, and only where the key allows it. A shop switches a
webhook off after five failed deliveries and tells nobody, so this is asked again now and then.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import Misconfigured, Unreadable
from connectors.woocommerce.api import Api, Refused
from connectors.woocommerce.fields import id_of
from connectors.woocommerce.webhooks import TOPICS


@dataclass(frozen=True, slots=True)
class Subscribed:
    """`made`: were missing. `revived`: the shop had switched them off."""

    topics: int
    made: int = 0
    revived: int = 0


def subscribe(api: Api, delivery_url: str, secret: str) -> Subscribed:
    """One webhook for each of TOPICS, delivered to `delivery_url` and signed with `secret`.

    A webhook that is on is believed to have our secret; one that is made or switched on gets it.
    Raises Misconfigured where the key may only read.
    """
    try:
        rows = api.ask("webhooks", {"per_page": "100", "status": "all"}).data
        if not isinstance(rows, list):
            raise Unreadable("wc/v3/webhooks", "a list was expected.")
        ours = [row for row in rows if row.get("delivery_url") == delivery_url]
        made = revived = 0
        for topic in TOPICS:
            there = [row for row in ours if row.get("topic") == topic]
            if not there:
                given = {
                    "name": f"Alongside {topic}",
                    "topic": topic,
                    "delivery_url": delivery_url,
                    "secret": secret,
                    "status": "active",
                }
                api.post("webhooks", given)
                made += 1
            elif all(row.get("status") != "active" for row in there):
                on = {"status": "active", "secret": secret}
                api.post(f"webhooks/{id_of(there[0], 'id')}", on)
                revived += 1
    except Refused as refused:
        raise Misconfigured(
            f"The shop does not let our key make webhooks: {refused.message}",
            "Give the key Read/Write, or make the webhooks by hand; until then changes are found "
            "by the regular sync.",
        ) from None
    except ValueError as error:
        raise Unreadable("wc/v3/webhooks", str(error)) from None
    return Subscribed(len(TOPICS), made, revived)
