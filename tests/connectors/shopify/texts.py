"""Every text that we send to Shopify, by name."""

from __future__ import annotations

from connectors.shopify import queries

BULK = {
    name: text
    for name, text in vars(queries).items()
    if name in ("BULK_PRODUCTS", "BULK_ORDERS", "BULK_REFUNDED")
}
TEXTS = (
    {
        name: text
        for name, text in vars(queries).items()
        if isinstance(text, str) and text.startswith(("query ", "mutation "))
    }
    | {f"REST[{name}]": text for name, (text, _) in queries.REST.items()}
    | BULK
)
