"""The printable version of an envelope, made inside a worker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.convert import envelope_xml, template_xml
from gateway.convert.printable.html import html
from gateway.convert.printable.pdf import pdf
from gateway.convert.printable.sheet import HTML_CELLS, PDF_CELLS, sheet_of
from gateway.core.desk.printing import FileLine, PartyLine, PrintForm, Surroundings
from gateway.core.model import Problem, TemplateId, TemplateVersionId
from gateway.core.template import Template


def printable(source: Path, said: Mapping[str, Any]) -> bytes | Problem:
    """Return the envelope of the native XML in *source*; *said* is `asked_for`'s."""
    draft = envelope_xml.parse(source.read_bytes())
    if isinstance(draft, Problem):
        return draft
    around = _surroundings(said["around"])
    paged = PrintForm(said["form"]) is PrintForm.PDF
    cells = PDF_CELLS if paged else HTML_CELLS
    template = _template(around.template, draft.template, draft.template_version)
    sheet = sheet_of(said["envelope"], draft, template, around, cells)
    return pdf(sheet, around) if paged else html(sheet, around)


def _surroundings(said: Mapping[str, Any]) -> Surroundings:
    parties = [PartyLine(**each) for each in said["parties"]]
    files = [FileLine(**each) for each in said["files"]]
    return Surroundings(**{**said, "parties": parties, "files": files})


def _template(
    text: str, uuid: TemplateId, version: TemplateVersionId | None
) -> Template | None:
    if not text:
        return None
    parsed = template_xml.parse(text.encode())
    return template_xml.to_template(parsed, uuid, version or TemplateVersionId(""))
