"""A small WooCommerce-compatible shop on real orders; it knows nothing of the rest."""
