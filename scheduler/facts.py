"""A shop says that it changed, or that we are out: what does it say when it is asked?"""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.errors import AccessRevoked, Misconfigured
from connectors.shop import Shop as Connector
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.writes import people
from store.writes import shops as writes

# What still proves that a late notice is the app's; all else of its access is worth nothing now.
PROVES = ("url", "client_id", "client_secret")


def check_again(store: Store, shop: Shop, connector: Connector) -> tuple[str, ...]:
    """Its address and time zone, as it says now; raises Misconfigured where a right is missing.

    The currency stays what it was when the shop was connected: amounts of two do not add.
    """
    said = connector.check()
    if said.currency != shop.currency:
        return (f"the shop now says {said.currency}; it was connected with {shop.currency}",)
    if (said.url, said.timezone) == (shop.url, shop.timezone):
        return ()
    with writing(store.engine) as connection:
        writes.save_facts(connection, shop.id, said)
    return ("the shop's address or time zone changed",)


def are_we_out(store: Store, shop: Shop, connector: Connector) -> bool:
    """A notice of it is signed, but not when it is from: believed when the shop refuses us."""
    try:
        connector.check()
    except (AccessRevoked, Misconfigured):
        with reading(store.engine) as connection:
            opened = shops.credentials(connection, store.ring, shop.id)
        left = {name: opened[name] for name in PROVES if name in opened}
        now = datetime.now(UTC)
        with writing(store.engine) as connection:
            writes.uninstall(connection, store.ring, shop.id, left, now)
            people.note(connection, "app uninstalled", "", now, shop_id=shop.id)
        return True
    return False
