"""The XSD files of a rule, by lxml: what includes what, and what a document breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree
from typing_extensions import override

from gateway.convert.findings import Finding
from gateway.convert.rule_files import bad_file, bare, included, roots
from gateway.convert.schematron_parts import Element, bared
from gateway.core.rules import Validation

CODE = "validation-xsd"
_SCHEME = "rule:/"
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_INCLUDES = tuple(f"{_XSD}{kind}" for kind in ("include", "import", "redefine"))
_NO_SUCH_ROOT = "SCHEMAV_CVC_ELT_1"


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema with all that it includes."""

    name: str
    compiled: etree.XMLSchema

    def findings(self, document: Element, part: str) -> list[Finding]:
        """Return what the element, as the root of a document, breaks."""
        if self.compiled.validate(document):
            return []
        log: Any = self.compiled.error_log  # iterable, whatever the stubs say
        return [Finding(self.name, e.message, e.line or None, part) for e in log]

    def knows(self, document: Element) -> bool:
        """Whether the schema has such a root at all."""
        if self.compiled.validate(document):
            return True
        log: Any = self.compiled.error_log
        return [e.type_name for e in log] != [_NO_SUCH_ROOT]


def schemas(validations: Sequence[Validation]) -> list[Schema]:
    """Return the schemas among the files; Unfit names file and line of a bad one.

    A file that another one includes is used through that one only.
    """
    files = {v.name: v for v in validations if v.name.lower().endswith(".xsd")}
    uses = included(files, _INCLUDES, "schemaLocation", CODE)
    return [_compiled(files[name], files) for name in roots(uses)]


class _OwnFiles(etree.Resolver):
    """Gives a schema the other files of its rule, and nothing else."""

    def __init__(self, files: Mapping[str, Validation]) -> None:
        self._files = files

    @override
    def resolve(
        self, system_url: str, public_id: str, context: object = None
    ) -> object:
        """Return the file; an empty one, which is no schema, if there is none."""
        del public_id
        found = self._files.get(bare(system_url))
        text = bared(found.content) if found else ""
        return self.resolve_string(text, context, base_url=system_url)


def parser(files: Mapping[str, Validation]) -> etree.XMLParser:
    """Return a parser that reads nothing but these files."""
    made = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    made.resolvers.add(_OwnFiles(files))
    return made


def _compiled(file: Validation, files: Mapping[str, Validation]) -> Schema:
    try:
        root = etree.fromstring(
            bared(file.content), parser(files), base_url=_SCHEME + file.name
        )
        return Schema(file.name, etree.XMLSchema(root))
    except (etree.LxmlError, OSError) as error:
        line = getattr(getattr(error, "error_log", None), "last_error", None)
        raise bad_file(
            CODE, file.name, str(error), line.line if line else None
        ) from error
