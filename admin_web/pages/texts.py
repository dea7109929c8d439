"""Texts that Python hands to a template, which translates them when it is shown."""


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text for the catalogues; it is returned as it is."""
    return text
