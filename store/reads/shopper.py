"""What is a shopper known to have done? Asked with a shelf, so in literal SQL like `shelf.py`.

Only a signed customer has purchases here; of a visitor only the arm is kept that they were shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.keys import digest
from store.reads.literal import Reader, rows
from store.reads.shop_config import ShopConfig
from store.tables import to_micros


@dataclass(frozen=True, slots=True)
class Buyer:
    """A signed customer: the store's key, and the product keys bought, the newest first."""

    customer: int
    bought: tuple[int, ...]


_BUYER = """
SELECT d.customer_id, l.product_id FROM customer_digests d
LEFT JOIN orders o ON o.customer_id = d.customer_id AND o.status <> 'cancelled'
  AND NOT o.kept_out AND o.placed_at <= ?
LEFT JOIN order_lines l ON l.order_id = o.id AND l.product_id IS NOT NULL
WHERE d.shop_id = ? AND d.digest = ?
ORDER BY o.placed_at DESC, l.external_id LIMIT ?
"""


def buyer(
    connection: Reader, config: ShopConfig, customer_id: str, at: datetime, limit: int
) -> Buyer | None:
    """Who a signed customer id is, and their last `limit` purchases up to `at`."""
    known = digest(config.keys.pepper, "customer", customer_id)
    found = rows(connection, _BUYER, (to_micros(at), config.shop.id, known, limit))
    if not found:
        return None
    return Buyer(found[0][0], tuple(dict.fromkeys(row[1] for row in found if row[1] is not None)))


def unwanted(connection: Reader, shop_id: int, customer: int) -> frozenset[int]:
    """Products that this customer does not want to be shown, on whichever device they said so.

    A shelf reads them with its lists (`shelf.named_lists`); this is for explaining.
    """
    sql = """
    SELECT u.product_id FROM identities i
    JOIN unwanted u ON u.shop_id = i.shop_id AND u.visitor = i.visitor
    WHERE i.shop_id = ? AND i.customer_id = ?
    """
    return frozenset(row[0] for row in rows(connection, sql, (shop_id, customer)))
