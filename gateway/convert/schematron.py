"""ISO Schematron to XSLT: each failed assertion becomes an element of a flat list.

The result of the stylesheet is `<failures><f id role kind path>text</f>...</failures>`.
The schema's default phase counts; properties are left out.
"""

import copy
from collections import Counter
from collections.abc import Iterator, Mapping

from lxml import etree

from gateway.convert.schematron_parts import SCH, Element, flaw, needs, whole

XSL = "http://www.w3.org/1999/XSL/Transform"
_X = f"{{{XSL}}}"
_KEPT = {f"{_X}{kind}" for kind in ("key", "function", "variable", "decimal-format")}
_OLD = {"xslt", "xslt1", "exslt"}
_NEW = {"xslt2", "xslt3", "xpath", "xpath2", "xpath3", "xpath31"}


def compile_schematron(text: str, files: Mapping[str, str]) -> str:
    """Return the stylesheet of a schema; Flaw names the line that cannot be used.

    `files` are the other files of the rule by name, which it may include.
    """
    root = whole(text, files)
    binding = (root.get("queryBinding") or "xslt").lower()
    if binding not in _OLD | _NEW:
        known = ", ".join(sorted(_OLD | _NEW))
        message = f"The queryBinding {binding} is not known; known are {known}"
        raise flaw(root, message)
    return _Writer(root, "1.0" if binding in _OLD else "3.0").text()


def _let_names(scope: Element) -> set[str]:
    return {needs(let, "name") for let in scope.findall(f"{SCH}let")}


class _Writer:
    """Writes the stylesheet of one whole schema."""

    def __init__(self, root: Element, version: str) -> None:
        names = {needs(ns, "prefix"): needs(ns, "uri") for ns in root.iter(f"{SCH}ns")}
        names["xsl"] = XSL
        self._root = root
        self._out = etree.Element(f"{_X}stylesheet", nsmap=names, version=version)
        self._put(self._out, "output", method="xml", indent="no")
        scopes = [_let_names(each) for each in (root, *root.findall(f"{SCH}pattern"))]
        counts = Counter(name for names in scopes for name in names)
        self._shared = {name for name, count in counts.items() if count > 1}
        self._hints = {
            str(each.get("id")): each for each in root.iter(f"{SCH}diagnostic")
        }

    def text(self) -> str:
        self._lets(self._out, self._root)
        for child in self._root:
            if child.tag in _KEPT:
                self._out.append(copy.deepcopy(child))
        start = self._put(self._out, "template", match="/")
        failures = etree.SubElement(start, "failures")
        for number, pattern in enumerate(self._patterns()):
            mode = f"pattern-{number}"
            self._put(failures, "apply-templates", select="/", mode=mode)
            if not self._shared & _let_names(pattern):
                self._lets(self._out, pattern)
            self._pattern(pattern, mode)
        return etree.tostring(self._out, encoding="unicode")

    def _patterns(self) -> Iterator[Element]:
        for pattern in self._root.findall(f"{SCH}pattern"):
            if pattern.get("abstract") != "true":
                yield pattern

    def _pattern(self, pattern: Element, mode: str) -> None:
        rules = [
            rule
            for rule in pattern.findall(f"{SCH}rule")
            if rule.get("abstract") != "true"
        ]
        for number, rule in enumerate(rules):
            # of several rules in a pattern only the first that fits a node fires
            template = self._put(
                self._out,
                "template",
                match=needs(rule, "context"),
                mode=mode,
                priority=str(len(rules) - number),
            )
            if self._shared & _let_names(pattern):
                self._local_lets(template, pattern)
            self._lets(template, rule)
            for check_ in rule:
                if check_.tag in {f"{SCH}assert", f"{SCH}report"}:
                    self._check(template, check_)
            self._put(template, "apply-templates", select="@*|node()", mode=mode)
        rest = self._put(
            self._out, "template", match="@*|node()|/", mode=mode, priority="0"
        )
        self._put(rest, "apply-templates", select="@*|node()", mode=mode)

    def _check(self, parent: Element, check_: Element) -> None:
        kind = etree.QName(check_).localname
        test = needs(check_, "test")
        condition = f"not({test})" if kind == "assert" else test
        when = self._put(parent, "if", test=condition)
        names = {name: str(check_.get(name) or "") for name in ("id", "role", "flag")}
        failure = etree.SubElement(when, "f", {"kind": kind, **names})
        where = self._put(failure, "attribute", name="path")
        self._put(where, "value-of", select="path(.)")
        self._message(failure, check_)
        for name in (check_.get("diagnostics") or "").split():
            hint = self._hints.get(name)
            if hint is None:
                raise flaw(check_, f"There is no diagnostic {name}")
            self._literal(failure, " ")
            self._message(failure, hint)

    def _message(self, parent: Element, said: Element) -> None:
        self._literal(parent, said.text)
        for child in said:
            if child.tag == f"{SCH}value-of":
                self._put(parent, "value-of", select=needs(child, "select"))
            elif child.tag == f"{SCH}name":
                path = child.get("path") or "."
                self._put(parent, "value-of", select=f"name({path})")
            else:
                self._message(parent, child)
            self._literal(parent, child.tail)

    def _literal(self, parent: Element, text: str | None) -> None:
        if text:
            self._put(parent, "text").text = text

    def _lets(self, parent: Element, said: Element) -> None:
        for let in said.findall(f"{SCH}let"):
            variable = self._put(parent, "variable", name=needs(let, "name"))
            value = let.get("value")
            if value is not None:
                variable.set("select", value)
            else:
                variable.extend(copy.deepcopy(child) for child in let)
                variable.text = let.text

    def _local_lets(self, parent: Element, pattern: Element) -> None:
        """Declare a pattern's variables where they are used.

        Their names are used by another pattern, too, and XSLT has no scope between.
        """
        for let in pattern.findall(f"{SCH}let"):
            if self._out.get("version") == "1.0" or let.get("value") is None:
                name = needs(let, "name")
                raise flaw(let, f"Another pattern has a let {name}, too; rename one")
            select = f"/ ! ({needs(let, 'value')})"
            self._put(parent, "variable", name=needs(let, "name"), select=select)

    @staticmethod
    def _put(parent: Element, tag: str, **attributes: str) -> Element:
        return etree.SubElement(parent, f"{_X}{tag}", attributes)
