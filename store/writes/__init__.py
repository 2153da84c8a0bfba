"""Every change to the store, one file per subject; each is safe to repeat."""
