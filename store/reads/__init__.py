"""Every question put to the store, one file per subject; none of them changes anything."""
