"""Texts that others wrote, so that they look like what they are."""

import re

from markupsafe import Markup

# Controls, ends of lines that are none, and what embeds, overrides or isolates a
# direction of writing. Marks of direction stay: Hebrew and Arabic texts need them.
_TURNING = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
_IN_TEXTS = re.compile(f"[{_TURNING}]")
_IN_NAMES = re.compile(rf"[{_TURNING}\t\n\r/\\]")
REPLACEMENT = "\ufffd"


def shown(text: str) -> str:
    """Return the text with each character that turns or hides others made visible.

    A file `invoice[U+202E]xcod.exe` would look like `invoiceexe.docx` without this.
    """
    seen = _IN_TEXTS.sub(REPLACEMENT, text)
    return Markup(seen) if isinstance(text, Markup) else seen  # noqa: S704 - as it was


def file_name(name: str) -> str:
    """Return the name as a browser may save a file under."""
    return _IN_NAMES.sub("_", name)
