"""The JSON API: one module per area; this list is the whole API."""
