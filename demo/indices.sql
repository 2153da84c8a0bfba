-- Made after the rows: filling an index once is faster than keeping it while half a million arrive.
CREATE INDEX orders_by_date ON orders (created_s, id, status);
CREATE INDEX orders_by_change ON orders (modified_s, id, status);
CREATE INDEX orders_by_customer ON orders (customer_id, created_s);
CREATE INDEX refunds_by_order ON refunds (order_id);
CREATE INDEX products_by_category ON products (category_id);
CREATE INDEX products_by_change ON products (modified_s, id);
CREATE INDEX nonces_by_age ON nonces (used_s);
