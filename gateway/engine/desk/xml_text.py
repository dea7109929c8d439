"""XML that came as text: its encoding is settled, whatever its declaration says."""

import re

_DECLARATION = re.compile(r"\A\ufeff?(<\?xml\s[^>]*\?>)?")


def settled(text: str) -> str:
    """Return the XML without its declaration, which may name another encoding.

    Line numbers stay as they were.
    """
    return _DECLARATION.sub("", text)
