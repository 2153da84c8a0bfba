"""The split test as mathematics: who is in which arm, and what the sums say."""
