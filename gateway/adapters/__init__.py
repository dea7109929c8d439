"""Ports made real: disk, mail, secrets."""
