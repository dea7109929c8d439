"""ISO Schematron to XSLT: each failed assertion becomes an element of a flat list.

The result of the stylesheet is `<failures><f id role kind path>text</f>...</failures>`.
Only what a validation needs is taken over: phases other than all, diagnostics and
properties are left out.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from gateway.convert.source.xml import Flaw, check, undeclared

SCH = "http://purl.oclc.org/dsdl/schematron"
XSL = "http://www.w3.org/1999/XSL/Transform"
_S = f"{{{SCH}}}"
_X = f"{{{XSL}}}"
_EXPRESSIONS = ("context", "test", "select", "value", "path", "match", "use")
_DEPTH = 200

Element = etree._Element  # noqa: SLF001  lxml's own name for its element type


def parsed(text: str) -> Element:
    """Return the root of an XML text; Flaw if it is not well-formed."""
    text = undeclared(text.replace("\r\n", "\n"))
    check(text, _DEPTH)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(text, parser)


def compile_schematron(text: str) -> str:
    """Return the stylesheet of a schema; Flaw names the line that cannot be used."""
    root = parsed(text)
    if root.tag != f"{_S}schema":
        raise _flaw(root, "The root is not schema of ISO Schematron")
    for include in root.iter(f"{_S}include"):
        raise _flaw(include, "sch:include is not supported; put the text in one file")
    _expand_rules(root)
    _expand_patterns(root)
    return _Writer(root).text()


def line_of(element: Element) -> int:
    """Return the line an element begins in."""
    line: Any = element.sourceline
    return int(line or 1)


def _flaw(element: Element, message: str) -> Flaw:
    return Flaw("schematron", message, line_of(element))


def _needs(element: Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        kind = etree.QName(element).localname
        raise _flaw(element, f"The {kind} has no attribute {name}")
    return str(value)


def _expand_rules(root: Element) -> None:
    """Put the content of abstract rules where they are extended."""
    abstract = {
        str(rule.get("id")): rule
        for rule in root.iter(f"{_S}rule")
        if rule.get("abstract") == "true"
    }
    for rule in root.iter(f"{_S}rule"):
        if rule.get("abstract") != "true":
            _expand_rule(rule, abstract, ())


def _expand_rule(
    rule: Element, abstract: dict[str, Element], open_: tuple[str, ...]
) -> None:
    for extends in list(rule.findall(f"{_S}extends")):
        name = _needs(extends, "rule")
        if name in open_:
            raise _flaw(extends, f"The abstract rule {name} extends itself")
        if name not in abstract:
            raise _flaw(extends, f"There is no abstract rule {name}")
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
        for pattern in root.findall(f"{_S}pattern")
        if pattern.get("abstract") == "true"
    }
    for pattern in list(root.findall(f"{_S}pattern")):
        name = pattern.get("is-a")
        if name is None:
            continue
        if name not in abstract:
            raise _flaw(pattern, f"There is no abstract pattern {name}")
        made = copy.deepcopy(abstract[name])
        values = {
            _needs(param, "name"): _needs(param, "value")
            for param in pattern.findall(f"{_S}param")
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


class _Writer:
    """Writes the stylesheet of one expanded schema."""

    def __init__(self, root: Element) -> None:
        binding = (root.get("queryBinding") or "xslt").lower()
        names = {
            _needs(ns, "prefix"): _needs(ns, "uri") for ns in root.findall(f"{_S}ns")
        }
        names["xsl"] = XSL
        self._modern = binding not in {"xslt", "xslt1", "exslt"}
        self._root = root
        self._out = etree.Element(
            f"{_X}stylesheet", nsmap=names, version="3.0" if self._modern else "1.0"
        )
        self._put(self._out, "output", method="xml", indent="no")

    def text(self) -> str:
        self._lets(self._out, self._root)
        for child in self._root:
            if child.tag in {f"{_X}key", f"{_X}function", f"{_X}import-schema"}:
                self._out.append(copy.deepcopy(child))
        patterns = list(self._patterns())
        start = self._put(self._out, "template", match="/")
        failures = etree.SubElement(start, "failures")
        for number, pattern in enumerate(patterns):
            mode = f"pattern-{number}"
            self._put(failures, "apply-templates", select="/", mode=mode)
            self._lets(self._out, pattern)
            self._pattern(pattern, mode)
        return etree.tostring(self._out, encoding="unicode")

    def _patterns(self) -> Iterator[Element]:
        for pattern in self._root.findall(f"{_S}pattern"):
            if pattern.get("abstract") != "true":
                yield pattern

    def _pattern(self, pattern: Element, mode: str) -> None:
        rules = [
            rule
            for rule in pattern.findall(f"{_S}rule")
            if rule.get("abstract") != "true"
        ]
        for number, rule in enumerate(rules):
            # of several rules in a pattern only the first that fits a node fires
            template = self._put(
                self._out,
                "template",
                match=_needs(rule, "context"),
                mode=mode,
                priority=str(len(rules) - number),
            )
            self._lets(template, rule)
            for check_ in rule:
                if check_.tag in {f"{_S}assert", f"{_S}report"}:
                    self._check(template, check_)
            self._put(template, "apply-templates", select="@*|node()", mode=mode)
        rest = self._put(
            self._out, "template", match="@*|node()|/", mode=mode, priority="0"
        )
        self._put(rest, "apply-templates", select="@*|node()", mode=mode)

    def _check(self, parent: Element, check_: Element) -> None:
        kind = etree.QName(check_).localname
        test = _needs(check_, "test")
        condition = f"not({test})" if kind == "assert" else test
        when = self._put(parent, "if", test=condition)
        names = {name: str(check_.get(name) or "") for name in ("id", "role", "flag")}
        failure = etree.SubElement(when, "f", {"kind": kind, **names})
        path = "path(.)" if self._modern else "name()"
        where = self._put(failure, "attribute", name="path")
        self._put(where, "value-of", select=path)
        self._message(failure, check_)

    def _message(self, parent: Element, said: Element) -> None:
        self._literal(parent, said.text)
        for child in said:
            if child.tag == f"{_S}value-of":
                self._put(parent, "value-of", select=_needs(child, "select"))
            elif child.tag == f"{_S}name":
                path = child.get("path") or "."
                self._put(parent, "value-of", select=f"name({path})")
            else:
                self._message(parent, child)
            self._literal(parent, child.tail)

    def _literal(self, parent: Element, text: str | None) -> None:
        if text:
            self._put(parent, "text").text = text

    def _lets(self, parent: Element, said: Element) -> None:
        for let in said.findall(f"{_S}let"):
            variable = self._put(parent, "variable", name=_needs(let, "name"))
            value = let.get("value")
            if value is not None:
                variable.set("select", value)
            else:
                variable.extend(copy.deepcopy(child) for child in let)
                variable.text = let.text

    @staticmethod
    def _put(parent: Element, tag: str, **attributes: str) -> Element:
        return etree.SubElement(parent, f"{_X}{tag}", attributes)
