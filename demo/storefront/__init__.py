"""The pages a shopper sees, drawn on the server: browse, basket, checkout."""
