"""What we know about a shop: the nouns, the tables, every change and every question."""
