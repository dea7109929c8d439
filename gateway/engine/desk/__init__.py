"""The desk of the admin page, one module per area."""
