"""The admin page: HTML rendered on the server, over the same desk as the API."""
