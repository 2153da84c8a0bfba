"""WooCommerce's REST API (wc/v3): ask, parse, and prove who is asking."""
