"""The directories of messages: which groups a message has, what is composite."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

ANY_NUMBER = 1 << 31
"""The limit of what may come as often as one likes; 0 in a table."""


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a message: a segment, or a group that begins with that segment.

    *container* is the element around a group (GROUP_1, LOOP_N1), empty for a lone
    segment; *limit* how often it may come.
    """

    tag: str
    limit: int
    container: str = ""
    nodes: Sequence["Node"] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: per segment tag whether each element is composite; messages."""

    composites: Mapping[str, Sequence[bool]] = field(default_factory=dict)
    messages: Mapping[str, Sequence[Node]] = field(default_factory=dict)


_HOME = "gateway.convert.directories"
_SERVICE = "service.json"
_X12 = "x12.json"
_PACKED = ".json.gz"
_HEADERS = {"UNH", "UIH", "ST"}


def directory(name: str, uploaded: Mapping[str, str] | None = None) -> Directory | None:
    """Return the EDIFACT directory D96A, D01B ...; None if there is no such one.

    *uploaded* are the files of an operator's own by directory: their messages and
    segments go before ours of the same name.
    """
    own = (uploaded or {}).get(name, "")
    if not own and name not in builtin():
        return None
    return _edifact(name, own)


def x12_directory(version: str, uploaded: Mapping[str, str] | None = None) -> Directory:
    """Return the transaction sets of a version (GS08), such as 004010VICS.

    What an operator uploaded for exactly this version goes before that for its six
    digits, that before what is for every version, and that before ours.
    """
    given = uploaded or {}
    names = dict.fromkeys((version, version[:6], "X12"))
    return _x12(tuple(given[name] for name in names if name in given))


@lru_cache(maxsize=1)
def service() -> Directory:
    """Return the service segments and messages (ISO 9735), which no directory lists."""
    return _read(_packaged(_SERVICE))


@lru_cache(maxsize=1)
def builtin() -> Mapping[str, str]:
    """Return the EDIFACT directories the gateway brings: name to file name."""
    names = sorted(each.name for each in files(_HOME).iterdir())
    return {
        name.removesuffix(_PACKED).upper(): name
        for name in names
        if name.endswith(_PACKED)
    }


@lru_cache(maxsize=1)
def builtin_tables() -> Mapping[str, Mapping[str, Any]]:
    """Return the table of every directory that the gateway brings, by its name."""
    packed = {name: _said(_packaged(file)) for name, file in builtin().items()}
    return {**packed, "X12": _said(_packaged(_X12))}


@lru_cache(maxsize=16)
def _edifact(name: str, own: str) -> Directory:
    table = builtin().get(name)
    given = _read(Path(own).read_bytes()) if own else Directory()
    ours = _read(_packaged(table)) if table else Directory()
    return _over(service(), _over(given, ours))


@lru_cache(maxsize=16)
def _x12(own: Sequence[str]) -> Directory:
    found = _read(_packaged(_X12))
    for path in reversed(own):
        found = _over(_read(Path(path).read_bytes()), found)
    return found


def _over(upper: Directory, lower: Directory) -> Directory:
    return Directory(
        {**lower.composites, **upper.composites}, {**lower.messages, **upper.messages}
    )


def _packaged(name: str) -> bytes:
    return files(_HOME).joinpath(name).read_bytes()


def _read(data: bytes) -> Directory:
    said = _said(data)
    composites = {
        tag: [flag == "c" for flag in flags] for tag, flags in said["segments"].items()
    }
    messages = {tag: _message(nodes) for tag, nodes in said["messages"].items()}
    return Directory(composites, messages)


def _said(data: bytes) -> Mapping[str, Any]:
    """Return what a table says, packed or not."""
    packed = data.startswith(b"\x1f\x8b")
    said: Mapping[str, Any] = json.loads(gzip.decompress(data) if packed else data)
    return said


def _message(said: Sequence[Sequence[Any]]) -> Sequence[Node]:
    """Return the nodes of a message, its header first even where a table lacks it."""
    nodes = nodes_of(said)
    return nodes if nodes[0].tag in _HEADERS else [Node("UNH", 1), *nodes]


def nodes_of(said: Sequence[Sequence[Any]]) -> Sequence[Node]:
    """Return the nodes of a table: [tag, limit] or [group, limit, [nodes]]."""
    made = []
    for name, limit, *inner in said:
        most = limit or ANY_NUMBER
        if inner:
            below = nodes_of(inner[0])
            kind = "GROUP" if isinstance(name, int) else "LOOP"
            made.append(Node(below[0].tag, most, f"{kind}_{name}", below))
        else:
            made.append(Node(name, most))
    return made
