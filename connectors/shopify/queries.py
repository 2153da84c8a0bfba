"""What is asked of Shopify, word for word?

Every text here is checked in the tests against the official schema: valid, nothing deprecated, no
field of a person (protected customer data of level 1 is all we need), and within the price of one
question. The same fields are asked for page by page and in bulk, where connections must be written
with `edges` and `__typename` tells the lines apart.
"""

from __future__ import annotations

# Amounts in the shop's own currency; what a shopper saw in another one is not asked for.
_MONEY = "{ shopMoney { amount } }"

# What a product takes on a shelf (12em, mostly 192 pixels), on screens of one pixel and of three.
SMALL_PX, LARGE_PX = 300, 600
_PICTURE = f"""
  url(transform: {{maxWidth: {LARGE_PX}}}) small: url(transform: {{maxWidth: {SMALL_PX}}})
  width height
"""

PRODUCT = f"""
  id title updatedAt status vendor productType tags publishedAt onlineStoreUrl isGiftCard
  requiresSellingPlan
  priceRangeV2 {{ minVariantPrice {{ currencyCode }} }}
  featuredMedia {{ preview {{ image {{ {_PICTURE} }} }} }}
"""
VARIANT = """
  id title position price compareAtPrice availableForSale
  inventoryItem { unitCost { amount } }
"""
COLLECTION = "id title"

ORDER = f"""
  id name test sourceName processedAt updatedAt cancelledAt displayFinancialStatus currencyCode
  taxesIncluded checkoutToken
  customer {{ id }}
  customAttributes {{ key value }}
  totalPriceSet {_MONEY}
  totalTaxSet {_MONEY}
  totalShippingPriceSet {_MONEY}
  totalTipReceivedSet {_MONEY}
  originalTotalDutiesSet {_MONEY}
  originalTotalAdditionalFeesSet {_MONEY}
"""
LINE = f"""
  id title quantity
  product {{ id }}
  variant {{ id }}
  lineItemGroup {{ productId variantId title }}
  originalTotalSet {_MONEY}
  discountAllocations {{ allocatedAmountSet {_MONEY} }}
  taxLines {{ priceSet {_MONEY} }}
"""

REFUND_LINE = f"quantity lineItem {{ id }} subtotalSet {_MONEY} totalTaxSet {_MONEY}"
REFUND = f"""
  id createdAt processedAt updatedAt
  order {{ id currencyCode taxesIncluded }}
  totalRefundedSet {_MONEY}
  orderAdjustments(first: 1) {{ nodes {{ id }} }}
  refundShippingLines(first: 5) {{ nodes {{ subtotalAmountSet {_MONEY} taxAmountSet {_MONEY} }} }}
"""

_MORE = "pageInfo { hasNextPage endCursor }"

# --- page by page --------------------------------------------------------------------------------

# What is asked for with each row at once: enough for nearly all, the rest is asked for by name.
VARIANTS_INSIDE, COLLECTIONS_INSIDE, LINES_INSIDE, REFUND_LINES_INSIDE = 10, 10, 5, 10
# Rows a page, so that a question stays below the price of 1,000 (tests do the sum).
PRODUCTS_A_PAGE, ORDERS_A_PAGE, REFUNDS_A_PAGE = 19, 12, 8
# Ids alone are cheap.
IDS_A_PAGE, REFUND_IDS_A_PAGE = 250, 150

_PRODUCT_WHOLE = f"""
  {PRODUCT}
  variants(first: {VARIANTS_INSIDE}) {{ nodes {{ {VARIANT} }} {_MORE} }}
  collections(first: {COLLECTIONS_INSIDE}) {{ nodes {{ {COLLECTION} }} {_MORE} }}
"""
_ORDER_WHOLE = f"{ORDER} lineItems(first: {LINES_INSIDE}) {{ nodes {{ {LINE} }} {_MORE} }}"
_REFUND_WHOLE = f"""
  {REFUND} refundLineItems(first: {REFUND_LINES_INSIDE}) {{ nodes {{ {REFUND_LINE} }} {_MORE} }}
"""


def _changed(name: str, fields: str, sort: str = "UPDATED_AT") -> str:
    return f"""query Changed($first: Int!, $after: String, $query: String) {{
  {name}(first: $first, after: $after, query: $query, sortKey: {sort}) {{
    nodes {{ {fields} }} {_MORE}
  }}
}}"""


PRODUCTS = _changed("products", _PRODUCT_WHOLE)
ORDERS = _changed("orders", _ORDER_WHOLE)
REFUNDED = _changed("orders", "id updatedAt refunds { id }")
PRODUCT_IDS = _changed("products", "id", "ID")
ORDER_IDS = _changed("orders", "id", "ID")
REFUND_IDS = _changed("orders", "id refunds { id }", "ID")


def _named(kind: str, fields: str) -> str:
    return f"query Named($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {fields} }} }} }}"


PRODUCTS_NAMED = _named("Product", _PRODUCT_WHOLE)
ORDERS_NAMED = _named("Order", _ORDER_WHOLE)
REFUNDS_NAMED = _named("Refund", _REFUND_WHOLE)


def _rest(kind: str, name: str, fields: str) -> str:
    return f"""query Rest($id: ID!, $first: Int!, $after: String) {{
  node(id: $id) {{ ... on {kind} {{ {name}(first: $first, after: $after) {{
    nodes {{ {fields} }} {_MORE}
  }} }} }}
}}"""


# What a row holds more of than came with it: list -> (the question, how many at once).
REST: dict[str, tuple[str, int]] = {
    "variants": (_rest("Product", "variants", VARIANT), 250),
    "collections": (_rest("Product", "collections", COLLECTION), 250),
    "lineItems": (_rest("Order", "lineItems", LINE), 80),
    "refundLineItems": (_rest("Refund", "refundLineItems", REFUND_LINE), 150),
}

PRODUCTS_COUNT = "query Count($query: String) { productsCount(query: $query, limit: null) {count} }"
ORDERS_COUNT = "query Count($query: String) { ordersCount(query: $query, limit: null) { count } }"

# How large each collection is; the smallest that a product lies in says most about it.
COLLECTIONS = """query Collections($first: Int!, $after: String) {
  collections(first: $first, after: $after) {
    nodes { id productsCount { count } } pageInfo { hasNextPage endCursor }
  }
}"""

SHOP = """query Shop {
  shop { name myshopifyDomain primaryDomain { url } currencyCode ianaTimezone }
  currentAppInstallation { accessScopes { handle } }
}"""

# One row of each thing we read, so that a missing right is named before a sync runs into it.
READABLE = """query Readable {
  products(first: 1) { nodes { id } }
  orders(first: 1) { nodes { id customer { id } } }
}"""

# --- in bulk -------------------------------------------------------------------------------------

BULK_PRODUCTS = f"""{{
  products {{ edges {{ node {{
    __typename {PRODUCT}
    variants {{ edges {{ node {{ __typename {VARIANT} }} }} }}
    collections {{ edges {{ node {{ __typename {COLLECTION} }} }} }}
  }} }} }}
}}"""
BULK_ORDERS = f"""{{
  orders {{ edges {{ node {{
    __typename {ORDER}
    lineItems {{ edges {{ node {{ __typename {LINE} }} }} }}
  }} }} }}
}}"""
# A connection inside the list of refunds is more than a bulk operation can do: ids, then by name.
BULK_REFUNDED = "{ orders { edges { node { __typename id updatedAt refunds { id } } } } }"

# Lists that a bulk operation writes as lines of their own: the typename of a line -> its list.
CHILDREN = {"ProductVariant": "variants", "Collection": "collections", "LineItem": "lineItems"}

BULK_RUN = """mutation Run($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id createdAt }
    userErrors { code message }
  }
}"""
BULK_STATUS = """query Status($id: ID!) {
  bulkOperation(id: $id) { status errorCode rootObjectCount url partialDataUrl }
}"""

# --- what the shop's pages are told --------------------------------------------------------------

APP = "query App { currentAppInstallation { id accessScopes { handle } } }"
METAFIELDS_SET = """mutation Tell($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { userErrors { code message } }
}"""
PIXEL = "query Pixel { webPixel { id settings } }"
PIXEL_CREATE = """mutation Create($webPixel: WebPixelInput!) {
  webPixelCreate(webPixel: $webPixel) { userErrors { code message } }
}"""
PIXEL_UPDATE = """mutation Update($id: ID!, $webPixel: WebPixelInput!) {
  webPixelUpdate(id: $id, webPixel: $webPixel) { userErrors { code message } }
}"""
