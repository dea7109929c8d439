"""Keys and certificates: make, load, roll over, warn before expiry."""
