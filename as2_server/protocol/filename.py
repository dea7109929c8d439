"""The file name a part brings along, made safe (RFC 2183, 2231, 2047)."""

import binascii
import re
from urllib.parse import unquote_to_bytes

from as2_server.protocol.fields import Fields, Value
from gateway.core.model import NAME_MAX_BYTES, FileName

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bq])\?([^?]*)\?=", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")
_UNSAFE = re.compile(r'[\\/:*?"<>|]')
_MAX_RAW = 2000
_MAX_PIECES = 100


def file_name(fields: Fields) -> FileName | None:
    """Return the name of Content-Disposition, else of Content-Type; None if none."""
    raw = _parameter(fields.disposition, "filename")
    return safe_name(raw or _parameter(fields.content_type, "name"))


def safe_name(raw: str) -> FileName | None:
    """Keep the last path element; replace what no file system should see."""
    last = re.split(r"[\\/]", raw[:_MAX_RAW])[-1]
    shown = "".join(c if c.isprintable() else "_" for c in last)
    text = _UNSAFE.sub("_", shown).strip()
    if not text.strip("._ "):
        return None
    return FileName(_shortened(text.encode("utf-8", "replace").decode()))


def _shortened(text: str) -> str:
    """Cut the stem so that the name fits, the extension stays."""
    if len(text.encode()) <= NAME_MAX_BYTES:
        return text
    stem, dot, extension = text.rpartition(".")
    ending = dot + extension
    if not stem or len(ending.encode()) > NAME_MAX_BYTES // 4:
        stem, ending = text, ""
    room = NAME_MAX_BYTES - len(ending.encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + ending


def _parameter(value: Value, name: str) -> str:
    extended = value.get(f"{name}*")
    if extended:
        return _percent_decoded(extended)
    if plain := value.get(name):
        return _words_decoded(plain)
    pieces, percent = [], False
    for index in range(_MAX_PIECES):  # RFC 2231 section 3: name*0, name*1*, ...
        if piece := value.get(f"{name}*{index}*"):
            percent = True
        else:
            piece = value.get(f"{name}*{index}").replace("%", "%25")
        if not piece:
            break
        pieces.append(piece)
    joined = "".join(pieces)
    return _percent_decoded(joined) if percent else joined.replace("%25", "%")


def _percent_decoded(text: str) -> str:
    charset, quote, rest = text.partition("'")
    _, second, encoded = rest.partition("'")
    if not (quote and second):
        charset, encoded = "utf-8", text
    return _decoded(unquote_to_bytes(encoded), charset)


def _words_decoded(text: str) -> str:
    return _WORD.sub(_word, _BETWEEN_WORDS.sub(r"\1\2", text[:_MAX_RAW]))


def _word(found: re.Match[str]) -> str:
    charset, kind, content = found.groups()
    encoded = content.encode("ascii", "replace")
    if kind.lower() == "q":
        raw = binascii.a2b_qp(encoded, header=True)
    else:
        try:
            raw = binascii.a2b_base64(encoded + b"==")
        except binascii.Error:
            return found[0]
    return _decoded(raw, charset.split("*")[0])


def _decoded(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset or "utf-8")
    except (LookupError, ValueError):  # unknown, or not text in it
        return raw.decode("latin-1")
