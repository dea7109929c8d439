"""Where the segments of a message stand: opens and closes its groups or loops."""

from collections.abc import Sequence

from gateway.convert.source.directory import Node

NOWHERE = "it has no place here"


class _Frame:
    """An open message or group: its nodes, the current one, how often it came.

    *key* is the number by which a child of a hierarchy names it as its parent.
    """

    __slots__ = ("container", "count", "index", "key", "nodes")

    def __init__(self, nodes: Sequence[Node], container: str, key: str = "") -> None:
        self.nodes = nodes
        self.container = container
        self.index = 0
        self.count = 1
        self.key = key


class Placing:
    """The open groups of one message; their tags are written to `out`.

    Without *nodes* (an unknown message) nothing is opened and everything has a place.
    """

    def __init__(self, nodes: Sequence[Node], out: list[str]) -> None:
        self._frames = [_Frame(nodes, "")] if nodes else []
        self._out = out

    @property
    def depth(self) -> int:
        """How many containers are open."""
        return max(0, len(self._frames) - 1)

    def place(self, tag: str) -> str:
        """Open and close groups until the segment fits; return what is odd, or ""."""
        if not self._frames or self._find(tag):
            return ""
        return self._find_beyond(tag) or NOWHERE

    def place_below(self, tag: str, key: str, parent: str) -> str:
        """Place a segment that begins a level of a hierarchy (X12: HL).

        The level stands inside of the one whose key is `parent`, which is still open,
        or on top if `parent` is empty. Return what is odd, or "".
        """
        home = self._home(tag)
        if home is None:
            return self.place(tag)
        base, index, node = home
        if not parent:
            self._enter(base, index, node, key)
            return ""
        for level in range(len(self._frames) - 1, base, -1):
            above = self._frames[level]
            if above.key == parent:
                self.close(level + 1)
                above.index = len(above.nodes)  # its own segments are over
                self._open(node, key)
                return ""
        self._enter(base, index, node, key)
        return f"its parent {parent!r} is not a level around it; written on top"

    def close(self, level: int = 1) -> None:
        """Close the groups from `level` on; without it, all."""
        while len(self._frames) > level:
            self._out.append(f"</{self._frames.pop().container}>")

    def _home(self, tag: str) -> tuple[int, int, Node] | None:
        """Return where a hierarchy hangs: level, place there, its node."""
        for level, frame in enumerate(self._frames):
            for index in range(frame.index, len(frame.nodes)):
                node = frame.nodes[index]
                if node.tag == tag and node.container:
                    return level, index, node
        return None

    def _find(self, tag: str) -> bool:
        for level in range(len(self._frames) - 1, -1, -1):
            frame = self._frames[level]
            for index in range(frame.index, len(frame.nodes)):
                node = frame.nodes[index]
                if node.tag == tag and (
                    index > frame.index or frame.count < node.limit
                ):
                    self._enter(level, index, node)
                    return True
        return False

    def _find_beyond(self, tag: str) -> str:
        """Repeat the current segment or group more often than the directory allows."""
        for level in range(len(self._frames) - 1, -1, -1):
            frame = self._frames[level]
            if (level and not frame.index) or frame.index == len(frame.nodes):
                continue  # a group's first segment: the group itself comes again
            node = frame.nodes[frame.index]
            if node.tag == tag:
                self._enter(level, frame.index, node)
                return f"it comes more than the {node.limit} times allowed"
        return ""

    def _enter(self, level: int, index: int, node: Node, key: str = "") -> None:
        self.close(level + 1)
        frame = self._frames[level]
        frame.count = frame.count + 1 if index == frame.index else 1
        frame.index = index
        if node.container:
            self._open(node, key)

    def _open(self, node: Node, key: str) -> None:
        self._out.append(f"<{node.container}>")
        self._frames.append(_Frame(node.nodes, node.container, key))
