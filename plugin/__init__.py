"""What the owner and the merchant touch: install, pages, reports, privacy."""
