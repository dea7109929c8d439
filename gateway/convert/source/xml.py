"""XML as it comes: decoded, without a document type, not too deep, well-formed."""

import codecs
import re
from xml.parsers import expat

from gateway.convert.source.base import Described, Source
from gateway.convert.unfit import Unfit, unreadable
from gateway.core.errors import N_

_DECLARATION = re.compile(r"\A<\?xml\b[^>]*?\?>", re.DOTALL)
_ENCODING = re.compile(r"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
HEADER = '<?xml version="1.0" encoding="UTF-8"?>'


class Flaw(Exception):
    """Why a text is no XML we take: *code*, a sentence, its line (from 1)."""

    def __init__(self, code: str, message: str, line: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line


def read_xml(data: bytes, file: Described) -> Source:
    """Return the same XML in UTF-8; Unfit names the line and what is wrong there."""
    try:
        text = undeclared(decode(data))
        check(text, file.depth)
    except Flaw as flaw:
        raise _unfit(flaw, file.name) from flaw
    return Source((HEADER + text).encode())


def decode(data: bytes) -> str:
    """Return the text of an XML file (XML 1.0, appendix F); Flaw if it is broken."""
    encoding = ""
    for mark, name in _MARKS:
        if data.startswith(mark):
            encoding = name
            break
    if not encoding:
        said = _ENCODING.search(data[:200].split(b"?>")[0].decode("latin-1"))
        encoding = said[1] if said and data.lstrip().startswith(b"<?xml") else "utf-8"
    try:
        text = data.decode(encoding)
    except LookupError as error:
        raise Flaw(
            "xml-syntax", f"The encoding {encoding!r} is not known", 1
        ) from error
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = data.count(b"\n", 0, at) + 1
        raise Flaw(
            "xml-syntax",
            f"Byte {at + 1} does not fit the encoding {encoding}",
            line,
        ) from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def undeclared(text: str) -> str:
    """Return `text` without its XML declaration, on the same lines as before."""
    text = text.lstrip("\ufeff")
    declared = _DECLARATION.match(text)
    if declared is None:
        return text
    return "\n" * declared[0].count("\n") + text[declared.end() :]


def check(text: str, depth: int) -> None:
    """Raise Flaw unless `text` is well-formed, without DOCTYPE, within `depth`."""
    parser = expat.ParserCreate("utf-8", " ")
    level = 0

    def doctype(*_: object) -> None:
        raise Flaw(
            "xml-doctype",
            "A document type (DOCTYPE) is not accepted",
            parser.CurrentLineNumber,
        )

    def start(*_: object) -> None:
        nonlocal level
        level += 1
        if level > depth:
            raise Flaw(
                "xml-depth",
                f"Elements are nested more than {depth} deep",
                parser.CurrentLineNumber,
            )

    def end(_: str) -> None:
        nonlocal level
        level -= 1

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003  expat
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise Flaw(
            "xml-syntax",
            f"It is not well-formed: {reason}, column {error.offset + 1}",
            error.lineno,
        ) from error


_REMEDIES = {
    "xml-doctype": N_("Send it without the DOCTYPE and without entities of its own."),
    "xml-depth": N_("Send it with fewer levels."),
    "xml-syntax": N_(
        "Let the sending program write well-formed XML and say its encoding."
    ),
}


def _unfit(flaw: Flaw, name: str) -> Unfit:
    message = f"{name}: {flaw.message} (line {flaw.line})."
    return unreadable(flaw.code, message, flaw.line, _REMEDIES[flaw.code])
