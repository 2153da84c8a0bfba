"""What the shopper's browser touches: the shelf, its events, and shelf.js."""
