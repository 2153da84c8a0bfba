"""Shopify's GraphQL Admin API: ask, parse, and prove who is asking."""
