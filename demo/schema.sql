-- What the shop remembers. Instants are Unix seconds (UTC); money is pence, but for a product's
-- price, which WooCommerce keeps as the merchant typed it.

CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL,
  name TEXT NOT NULL,
  first_name TEXT NOT NULL,        -- as it was called when the packed orders were placed
  slug TEXT NOT NULL UNIQUE,
  category_id INTEGER NOT NULL,
  price TEXT NOT NULL,             -- the sale price while there is one, else the regular price
  regular_price TEXT NOT NULL,
  sale_price TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'publish',
  status_before_trash TEXT,
  stock_status TEXT NOT NULL DEFAULT 'instock',
  catalog_visibility TEXT NOT NULL DEFAULT 'visible',
  created_s INTEGER NOT NULL,
  modified_s INTEGER NOT NULL,
  total_sales INTEGER NOT NULL,    -- units
  times_ordered INTEGER NOT NULL,  -- orders
  deleted INTEGER NOT NULL DEFAULT 0  -- for good: gone everywhere but from the lines of old orders
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  status TEXT NOT NULL,
  status_before_trash TEXT,
  customer_id INTEGER NOT NULL,    -- 0: a guest
  email TEXT NOT NULL,
  address TEXT NOT NULL,           -- JSON of the fields that billing and shipping share
  created_s INTEGER NOT NULL,
  modified_s INTEGER NOT NULL,
  paid_s INTEGER,
  completed_s INTEGER,
  total_minor INTEGER NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  meta TEXT NOT NULL DEFAULT '[]', -- JSON: [{"id", "key", "value"}]
  attempt TEXT UNIQUE              -- of the checkout form: pressing its button twice is once
);
CREATE TABLE order_lines (
  order_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  price_milli INTEGER NOT NULL,    -- thousandths of a pound: some old prices are averages
  total_minor INTEGER NOT NULL,
  name TEXT,                       -- NULL: products.first_name
  meta TEXT,                       -- NULL: none
  PRIMARY KEY (order_id, id)
) WITHOUT ROWID;
CREATE TABLE refunds (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  created_s INTEGER NOT NULL,
  amount_minor INTEGER NOT NULL,
  reason TEXT NOT NULL,
  kind TEXT NOT NULL,              -- full, partial
  meta_id INTEGER NOT NULL
);
CREATE TABLE refund_lines (
  refund_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  line_id INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  total_minor INTEGER NOT NULL,
  meta_id INTEGER NOT NULL,
  PRIMARY KEY (refund_id, id)
) WITHOUT ROWID;
CREATE TABLE api_keys (
  consumer_key TEXT PRIMARY KEY,
  consumer_secret TEXT NOT NULL,
  permissions TEXT NOT NULL        -- read, write, read_write
) WITHOUT ROWID;
CREATE TABLE nonces (
  consumer_key TEXT NOT NULL,
  nonce TEXT NOT NULL,
  used_s INTEGER NOT NULL,
  PRIMARY KEY (consumer_key, nonce)
) WITHOUT ROWID;
CREATE TABLE webhooks (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  topic TEXT NOT NULL,
  delivery_url TEXT NOT NULL,
  secret TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  modified_s INTEGER,
  failures INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  webhook_id INTEGER NOT NULL,
  resource_id INTEGER              -- NULL: the ping at creation
);
