"""The admin page and its JSON API."""
