"""A Schematron schema made whole: other files, abstract rules and patterns, phase."""

import copy
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from lxml import etree

from gateway.convert.source.xml import Flaw, check, undeclared

SCH = "{http://purl.oclc.org/dsdl/schematron}"
_HOME = "{urn:envelope-gateway:schematron}file"
_EXPRESSIONS = ("context", "test", "select", "value", "path", "match", "use")
_DEPTH = 200
_FILES = 200
_NO_SPACE = re.compile(r"\S")
_BEFORE_ROOT = 100  # comments and instructions
_SKIPPED = (("<!--", "-->"), ("<?", "?>"))

Element = etree._Element  # noqa: SLF001  lxml's own name for its element type


def bared(text: str) -> str:
    """Return a file of a rule without its declaration and its document type.

    Well-known schemas have a DOCTYPE, which says nothing that a schema needs; what
    it declares is not obeyed. Lines stay as they are.
    """
    text = undeclared(text.replace("\r\n", "\n"))
    at = _prolog(text)
    if not text.startswith("<!DOCTYPE", at):
        return text
    inner, end = text.find("[", at), text.find(">", at)
    if 0 <= inner < end:
        end = text.find(">", text.find("]", inner))
    taken = text[at : end + 1]
    return text[:at] + "\n" * taken.count("\n") + text[end + 1 :]


def _prolog(text: str) -> int:
    """Return where what is no comment, instruction or white space begins."""
    at = _after_space(text, 0)
    for _ in range(_BEFORE_ROOT):
        closing = next((c for o, c in _SKIPPED if text.startswith(o, at)), "")
        end = text.find(closing, at) if closing else -1
        if end < 0:
            break
        at = _after_space(text, end + len(closing))
    return at


def _after_space(text: str, at: int) -> int:
    found = _NO_SPACE.search(text, at)
    return found.start() if found else len(text)


def parsed(text: str) -> Element:
    """Return the root of a file of a rule; Flaw if it is not well-formed."""
    text = bared(text)
    check(text, _DEPTH)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(text, parser)


def line_of(element: Element) -> int:
    """Return the line an element begins in."""
    line: Any = element.sourceline
    return int(line or 1)


def flaw(element: Element, message: str) -> Flaw:
    """Return the flaw, which names the file if the element came from another one."""
    around = (element, *element.iterancestors())
    home = next((str(e.get(_HOME)) for e in around if e.get(_HOME)), "")
    where = f"In {home}: " if home else ""
    return Flaw("schematron", f"{where}{message}", line_of(element))


def needs(element: Element, name: str) -> str:
    """Return the attribute; Flaw if the element has none."""
    value = element.get(name)
    if value is None:
        kind = etree.QName(element).localname
        raise flaw(element, f"The {kind} has no attribute {name}")
    return str(value)


def whole(text: str, files: Mapping[str, str]) -> Element:
    """Return the schema with nothing left to look up; Flaw names line and reason.

    `files` are the other files of the rule by name: nothing else is included.
    """
    root = parsed(text)
    if root.tag != f"{SCH}schema":
        raise flaw(root, "The root is not schema of ISO Schematron")
    _Includes(files).fill(root)
    _keep_active(root)
    _expand_rules(root)
    _expand_patterns(root)
    return root


class _Includes:
    """Puts other files where include and extends name them (ISO 19757-3, 5.4.4)."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._count = 0

    def fill(self, root: Element, open_: tuple[str, ...] = ()) -> None:
        for element in list(root.iter(f"{SCH}include", f"{SCH}extends")):
            place = element.get("href")
            if place is None and element.tag == f"{SCH}extends":
                continue  # of an abstract rule
            found = self._named(element, needs(element, "href"), open_)
            parent = element.getparent()
            if parent is None:
                raise flaw(element, "The root of a file cannot be an include")
            at, tail = parent.index(element), element.tail
            parent.remove(element)
            taken = [found] if element.tag == f"{SCH}include" else list(found)
            for child in reversed(taken):
                child.set(_HOME, str(found.get(_HOME)))
                parent.insert(at, child)
            if taken:
                taken[-1].tail = tail

    def _named(self, said: Element, place: str, open_: tuple[str, ...]) -> Element:
        """Return what the address means, itself without includes."""
        path, _, wanted = place.partition("#")
        name = unquote(PurePosixPath(path.replace("\\", "/")).name)
        if name in open_:
            raise flaw(said, f"{name} includes itself")
        if name not in self._files:
            message = f"It includes {place}, which is not among the rule's files"
            raise flaw(said, message)
        self._count += 1
        if self._count > _FILES:
            raise flaw(said, f"More than {_FILES} files are included")
        try:
            found = parsed(self._files[name])
        except Flaw as bad:
            raise flaw(said, f"{name}, line {bad.line}: {bad.message}") from bad
        if wanted:
            every = (e for e in found.iter() if e.get("id") == wanted)
            chosen = next(every, None)
            if chosen is None:
                raise flaw(said, f"{name} has nothing with the id {wanted}")
            found = chosen
        elif found.tag == f"{SCH}schema":
            raise flaw(said, f"{name} is a whole schema; name a part of it by #id")
        found.set(_HOME, name)
        self.fill(found, (*open_, name))
        return found


def _keep_active(root: Element) -> None:
    """Take out the patterns that the default phase leaves out."""
    phase = root.get("defaultPhase", "#ALL")
    if phase in {"#ALL", ""}:
        return
    found = next((p for p in root.iter(f"{SCH}phase") if p.get("id") == phase), None)
    if found is None:
        raise flaw(root, f"There is no phase {phase}")
    active = {needs(each, "pattern") for each in found.findall(f"{SCH}active")}
    for pattern in root.findall(f"{SCH}pattern"):
        if pattern.get("abstract") != "true" and pattern.get("id") not in active:
            root.remove(pattern)
    for let in reversed(found.findall(f"{SCH}let")):
        root.insert(0, let)


def _expand_rules(root: Element) -> None:
    """Put the content of abstract rules where they are extended."""
    abstract = {
        str(rule.get("id")): rule
        for rule in root.iter(f"{SCH}rule")
        if rule.get("abstract") == "true"
    }
    for rule in root.iter(f"{SCH}rule"):
        if rule.get("abstract") != "true":
            _expand_rule(rule, abstract, ())


def _expand_rule(
    rule: Element, abstract: dict[str, Element], open_: tuple[str, ...]
) -> None:
    for extends in list(rule.findall(f"{SCH}extends")):
        name = needs(extends, "rule")
        if name in open_:
            raise flaw(extends, f"The abstract rule {name} extends itself")
        if name not in abstract:
            raise flaw(extends, f"There is no abstract rule {name}")
        base = copy.deepcopy(abstract[name])
        _expand_rule(base, abstract, (*open_, name))
        place = rule.index(extends)
        rule.remove(extends)
        for child in reversed(list(base)):
            rule.insert(place, child)


def _expand_patterns(root: Element) -> None:
    """Replace each pattern that is-a abstract one by a copy with its parameters."""
    abstract = {
        str(pattern.get("id")): pattern
        for pattern in root.findall(f"{SCH}pattern")
        if pattern.get("abstract") == "true"
    }
    for pattern in list(root.findall(f"{SCH}pattern")):
        name = pattern.get("is-a")
        if name is None:
            continue
        if name not in abstract:
            raise flaw(pattern, f"There is no abstract pattern {name}")
        made = copy.deepcopy(abstract[name])
        values = {
            needs(param, "name"): needs(param, "value")
            for param in pattern.findall(f"{SCH}param")
        }
        for element in made.iter():
            for attribute in _EXPRESSIONS:
                said = element.get(attribute)
                if said is not None:
                    element.set(attribute, _filled(said, values))
        del made.attrib["abstract"]
        root.replace(pattern, made)


def _filled(text: str, values: dict[str, str]) -> str:
    """Replace $name by its value; a name that is no parameter is a variable."""
    return re.sub(r"\$([\w.-]+)", lambda found: values.get(found[1], found[0]), text)
