"""A shop's API in, records out."""
