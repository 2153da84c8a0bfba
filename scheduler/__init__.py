"""The clock: sync, train, tally and upkeep, in one process of its own."""
