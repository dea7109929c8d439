"""The result's text to bytes, as the stylesheet's xsl:output declares it."""

import re

from gateway.convert.unfit import unconvertible
from gateway.core.errors import N_

_DECLARED = re.compile(r'\A(<\?xml[^>]*?encoding=")UTF-8(")')
_CHARSET = re.compile(r"(charset=[\"']?)UTF-8", re.IGNORECASE)
_HEAD = 4000


def encoded(text: str, encoding: str, method: str) -> bytes:
    """Return `text`, which says UTF-8 about itself, in `encoding`.

    What the encoding lacks becomes a character reference in XML and HTML; in other
    methods it raises Unfit.
    """
    if encoding.upper() in {"UTF-8", "UTF8", ""}:
        return text.encode()
    marked = _DECLARED.sub(rf"\g<1>{encoding}\g<2>", text)
    markup = method in {"xml", "html", "xhtml"} or (
        not method and text.lstrip().startswith("<")
    )
    if markup and method != "xml":
        head = _CHARSET.sub(rf"\g<1>{encoding}", marked[:_HEAD], count=1)
        marked = head + marked[_HEAD:]
    try:
        return marked.encode(encoding, "xmlcharrefreplace" if markup else "strict")
    except LookupError as error:
        raise unconvertible(
            "xslt-runtime",
            f"The stylesheet declares the encoding {encoding!r}, which is not known.",
            None,
            N_("Write a known one in xsl:output, for example UTF-8."),
        ) from error
    except UnicodeError as error:  # some encodings cannot even say where
        at = error.start if isinstance(error, UnicodeEncodeError) else 0
        sign = text[at : at + 1]
        raise unconvertible(
            "xslt-runtime",
            f"The result holds {sign!r}, which {encoding} cannot write.",
            None,
            N_("Declare UTF-8 in xsl:output, or translate the character."),
        ) from error
