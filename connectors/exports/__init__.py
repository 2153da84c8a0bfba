"""CSV exports in, records out: one file a form, and one for what they share."""
