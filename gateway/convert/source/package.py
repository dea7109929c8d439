"""The zip of an Office Open XML workbook: bounded, checked, its parts read in pieces.

Written by hand and not left to a library because sheets must be read row by row: a
library that builds the rectangle of all cells dies of one cell at XFD1048576.
"""

import codecs
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath
from xml.parsers import expat

from lxml import etree

from gateway.convert import safe_xml
from gateway.convert.source.base import Described
from gateway.convert.source.decoding import escaped, quoted
from gateway.convert.unfit import Unfit, unreadable
from gateway.core.errors import N_

UNPACKED_MOST = 1 << 30
"""Bytes that all parts together may have."""
RATIO_MOST = 200
"""How much smaller than its content a packed part may be, if it has over 1 MB."""
PARTS_MOST = 10_000
SMALL_MOST = 16 << 20
"""Bytes of a part that is read whole: styles, the list of sheets."""
ELEMENT_MOST = 64 << 20
"""Characters of one element that is read whole, such as a row."""

_RATIO_FROM = 1 << 20
_CHUNK = 1 << 20
_REMEDY = N_(
    "Open the workbook in a spreadsheet program, save it as .xlsx and resend it."
)
_BLANKS = (b" >", b"\t>", b"\r>", b"\n>")
_FAULTS = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)


class Package:
    """An opened workbook; every method raises Unfit if it is broken or too large."""

    def __init__(self, data: bytes, file: Described) -> None:
        self._file = file
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (*_FAULTS, ValueError, OSError) as error:
            raise self.unfit("it is no zip archive that can be read") from error
        self._check()

    def _check(self) -> None:
        parts = self._zip.infolist()
        if len(parts) > PARTS_MOST:
            raise self.unfit(
                f"it has {len(parts)} parts; at most {PARTS_MOST} are read"
            )
        total = sum(part.file_size for part in parts)
        if total > UNPACKED_MOST:
            raise self.unfit(
                f"unpacked it has {total} bytes; at most {UNPACKED_MOST} are read"
            )
        for part in parts:
            if part.flag_bits & 1:
                raise self.unfit("it is protected with a password")
            ratio = part.file_size / max(part.compress_size, 1)
            if part.file_size > _RATIO_FROM and ratio > RATIO_MOST:
                raise self.unfit(
                    f"{part.filename} is packed {ratio:.0f} times smaller than its"
                    f" content; at most {RATIO_MOST} times is read (a zip bomb?)"
                )

    def unfit(self, why: str, part: str = "") -> Unfit:
        where = f", {part}" if part else ""
        return unreadable(
            "workbook", f"{self._file.name}{where}: {why}.", None, _REMEDY
        )

    def has(self, part: str) -> bool:
        return part in self._zip.NameToInfo

    def small(self, part: str) -> etree._Element:
        """Return the root of a part that is read whole."""
        if self._info(part).file_size > SMALL_MOST:
            raise self.unfit(f"it has more than {SMALL_MOST} bytes", part)
        root = safe_xml.read_xml(b"".join(self._pieces(part)))
        if isinstance(root, safe_xml.XmlFault):
            raise self.unfit(f"line {root.line}: {root.message.rstrip('.')}", part)
        return root

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part refers to: id to (kind, part)."""
        folder, name = dirname(part), part.rpartition("/")[2]
        rels = join(folder, "_rels", f"{name}.rels")
        if not self.has(rels):
            return {}
        found = {}
        for each in self.small(rels):
            target = each.get("Target", "")
            path = target[1:] if target.startswith("/") else join(folder, target)
            kind = each.get("Type", "").rpartition("/")[2]
            found[each.get("Id", "")] = (kind, normpath(path))
        return found

    def elements(self, part: str, name: str) -> Iterator[str]:
        """Yield what stands before each end tag `name`, since the one before it.

        The last text yielded is what follows the last one. All is as it is written,
        escapes too; comments, other prefixes and odd blanks are gone.
        """
        source = self._texts if self._well_formed(part) else self._plain
        end = f"</{name}>"
        rest = ""
        for text in source(part):
            *whole, rest = (rest + text).split(end)
            yield from whole
            if len(rest) > ELEMENT_MOST:
                raise self.unfit(
                    f"{name} has more than {ELEMENT_MOST} characters", part
                )
        yield rest

    def _well_formed(self, part: str) -> bool:
        """Whether the part is XML in its plainest form; Unfit if it is none."""
        parser = expat.ParserCreate()
        odd: list[object] = []

        def root(name: str, _attributes: object) -> None:
            parser.StartElementHandler = None
            if ":" in name:
                odd.append(name)

        def declared(_version: str, encoding: str | None, _alone: int) -> None:
            if (encoding or "utf-8").lower() not in {"utf-8", "us-ascii", "ascii"}:
                odd.append(encoding)

        parser.StartDoctypeDeclHandler = self._doctype(part)
        parser.StartElementHandler = root
        parser.XmlDeclHandler = declared
        parser.CommentHandler = odd.append
        parser.ProcessingInstructionHandler = lambda *said: odd.append(said)
        parser.StartCdataSectionHandler = lambda: odd.append("CDATA")
        last = b""
        for piece in self._parsed(part, parser):
            if not last and piece.startswith(
                (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            ):
                odd.append("UTF-16")
            around = last + piece
            last = piece[-1:]
            odd += [blank for blank in _BLANKS if blank in around]
        return not odd

    def _plain(self, part: str) -> Iterator[str]:
        """Yield the part's text written anew in its plainest form."""
        out: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            own = [
                f" {key}={quoted(value)}"
                for key, value in attributes.items()
                if " " not in key
            ]
            out.append(f"<{name.rpartition(' ')[2]}{''.join(own)}>")

        parser = expat.ParserCreate(None, " ")
        parser.StartDoctypeDeclHandler = self._doctype(part)
        parser.StartElementHandler = start
        parser.EndElementHandler = lambda name: out.append(
            f"</{name.rpartition(' ')[2]}>"
        )
        parser.CharacterDataHandler = lambda text: out.append(escaped(text))
        for _ in self._parsed(part, parser):
            yield "".join(out)
            out.clear()
        yield "".join(out)

    def _parsed(self, part: str, parser: expat.XMLParserType) -> Iterator[bytes]:
        """Yield each piece of the part after `parser` has read it."""
        try:
            for piece in self._pieces(part):
                parser.Parse(piece)
                yield piece
            parser.Parse(b"", True)  # noqa: FBT003  expat takes it by place
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            why = f"line {error.lineno}: it is not well-formed: {reason}"
            raise self.unfit(why, part) from error

    def _doctype(self, part: str) -> Callable[..., None]:
        def refuse(*_: object) -> None:
            raise self.unfit("it has a DOCTYPE, which is not accepted", part)

        return refuse

    def _texts(self, part: str) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        for piece in self._pieces(part):
            yield decoder.decode(piece)

    def _pieces(self, part: str) -> Iterator[bytes]:
        info = self._info(part)
        try:
            with self._zip.open(info) as opened:
                while piece := opened.read(_CHUNK):
                    yield piece
        except (*_FAULTS, OSError) as error:
            raise self.unfit(f"it cannot be unpacked: {error}", part) from error

    def _info(self, part: str) -> zipfile.ZipInfo:
        try:
            return self._zip.getinfo(part)
        except KeyError as error:
            raise self.unfit(f"it has no {part}") from error
