"""How a shop hands us access to itself: the browser's trips, and what machines post."""
