"""The JSON form of a table of messages, checked to the last node.

    {"directory": "D97A", "syntax": "EDIFACT", "source": "...",
     "segments": {"BGM": "css"},                      c: composite, s: simple
     "messages": {"ORDERS": [["UNH", 1], ["BGM", 1], [1, 10, [["RFF", 1]]]]}}

A node is [tag, how often] or [group, how often, [nodes]]; 0 is any number. A group's
name is a number in EDIFACT and text in X12, where the form is the same.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.convert.unfit import Unfit, unreadable
from gateway.core.errors import N_

SYNTAXES = ("EDIFACT", "X12")
MESSAGES = 1000
NODES = 200_000
DEEPEST = 20
_MOST = 9_999_999
_ELEMENTS = 99
_KEYS = ("directory", "syntax", "source", "segments", "messages")
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_FLAGS = re.compile(r"[cs]*")
_NAMES = {
    "EDIFACT": re.compile(r"(?!\d{6})[A-Z0-9]{2,6}"),
    "X12": re.compile(r"X12|\d{6}[A-Z0-9]{0,6}"),
}
_KINDS = {
    "EDIFACT": re.compile(r"[A-Z][A-Z0-9]{1,5}"),
    "X12": re.compile(r"[0-9A-Z]{3}"),
}
_LOOP = re.compile(r"[A-Z0-9_]{1,20}")
_REMEDY = N_(
    "Compare the file with the table of a directory that is there: it can be"
    " downloaded from the list."
)


class _TwiceError(ValueError):
    """A key that an object has already."""


def wrong(name: str, message: str, line: int | None = None) -> Unfit:
    return unreadable("directory-table", f"{name}: {message}.", line, _REMEDY)


def parse(data: bytes, name: str) -> object:
    """Return what JSON text says; Unfit names the line of what is no JSON."""
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise wrong(
            name, "it is neither a zip file nor JSON text in UTF-8", 1
        ) from error
    except json.JSONDecodeError as error:
        raise wrong(
            name,
            "it is neither a zip file nor valid JSON:"
            f" {error.msg}, line {error.lineno}, column {error.colno}",
            error.lineno,
        ) from error
    except RecursionError as error:
        raise wrong(name, "its values are nested too deep") from error
    except _TwiceError as error:
        raise wrong(name, str(error)) from error
    except ValueError as error:  # Python's own limit of digits
        raise wrong(name, "a number in it is too long") from error


def check(said: object, name: str) -> Mapping[str, Any]:
    """Return the table with every key; Unfit names the first place that is wrong."""
    if not isinstance(said, dict):
        raise wrong(name, "it is not a JSON object")
    unknown = [key for key in said if key not in _KEYS]
    if unknown:
        raise wrong(name, f"{unknown[0][:20]!r} is none of {', '.join(_KEYS)}")
    syntax = said.get("syntax", "EDIFACT")
    if syntax not in SYNTAXES:
        raise wrong(name, f"syntax must be {' or '.join(SYNTAXES)}")
    directory = said.get("directory")
    if not isinstance(directory, str) or not _NAMES[syntax].fullmatch(directory):
        example = {"EDIFACT": "D97A", "X12": "X12, 004010 or 005010X231A1"}[syntax]
        raise wrong(name, f"directory must be a name such as {example}")
    source = said.get("source", "")
    if not isinstance(source, str) or len(source) > 255:  # noqa: PLR2004  a line of text
        raise wrong(name, "source must be a text of at most 255 characters")
    messages = _Messages(name, syntax)
    return {
        "directory": directory,
        "syntax": syntax,
        "source": source,
        "segments": _segments(said.get("segments", {}), name),
        "messages": messages.check(said.get("messages")),
    }


def _segments(said: object, name: str) -> Mapping[str, str]:
    if not isinstance(said, dict):
        raise wrong(name, "segments must be an object of tags")
    for tag, flags in said.items():
        if not _TAG.fullmatch(tag):
            raise wrong(name, f"segments: {tag[:20]!r} is not a segment tag")
        if (
            not isinstance(flags, str)
            or len(flags) > _ELEMENTS
            or not _FLAGS.fullmatch(flags)
        ):
            raise wrong(
                name,
                f"segments.{tag} must have a letter c (composite) or s (simple) for"
                f" each of at most {_ELEMENTS} elements",
            )
    return said


class _Messages:
    """Checks the messages of one table."""

    def __init__(self, name: str, syntax: str) -> None:
        self._name = name
        self._syntax = syntax
        self._left = NODES

    def check(self, said: object) -> Mapping[str, Sequence[Any]]:
        if not isinstance(said, dict) or not said:
            raise wrong(self._name, "messages must be an object of message types")
        if len(said) > MESSAGES:
            raise wrong(self._name, f"messages: more than {MESSAGES}")
        for kind, nodes in said.items():
            if not _KINDS[self._syntax].fullmatch(kind):
                raise wrong(
                    self._name,
                    f"messages: {kind[:20]!r} is not a type of {self._syntax}",
                )
            self._nodes(nodes, f"messages.{kind}", 1)
        return said

    def _nodes(self, said: object, where: str, depth: int) -> None:
        if not isinstance(said, list) or not said:
            raise wrong(self._name, f"{where} must be a list of nodes")
        if depth > DEEPEST:
            raise wrong(self._name, f"{where} is nested more than {DEEPEST} deep")
        self._left -= len(said)
        if self._left < 0:
            raise wrong(self._name, f"{where}: more than {NODES} nodes")
        for number, node in enumerate(said):
            self._node(node, f"{where}[{number}]", depth, first=number == 0)

    def _node(self, said: object, where: str, depth: int, *, first: bool) -> None:
        if not isinstance(said, list) or len(said) not in {2, 3}:
            raise wrong(
                self._name, f"{where} is neither [tag, count] nor [group, count, nodes]"
            )
        tag, count, *inner = said
        if type(count) is not int or not 0 <= count <= _MOST:
            raise wrong(self._name, f"{where}: the count must be from 0 to {_MOST}")
        if not inner:
            if not isinstance(tag, str) or not _TAG.fullmatch(tag):
                raise wrong(self._name, f"{where}: {tag!r:.20} is not a segment tag")
            return
        if first:
            raise wrong(self._name, f"{where}: a segment must stand first")
        self._group(tag, where)
        self._nodes(inner[0], where, depth + 1)

    def _group(self, said: object, where: str) -> None:
        if self._syntax == "EDIFACT":
            if type(said) is not int or not 0 < said <= _MOST:
                raise wrong(self._name, f"{where}: a group of EDIFACT has a number")
        elif not isinstance(said, str) or not _LOOP.fullmatch(said):
            raise wrong(
                self._name,
                f"{where}: the name of a loop has at most 20 capitals, digits and _",
            )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; _TwiceError if a key comes twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _TwiceError(f"the key {key[:20]!r} comes twice")
            seen.add(key)
    return made
