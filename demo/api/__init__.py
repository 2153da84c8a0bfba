"""The shop's REST API, wc/v3, as a real WooCommerce shop answers it."""
