"""Dictionary fields of the form: what may be chosen, which record was meant."""

from collections.abc import Mapping, Sequence

from admin_web.pages.page import Visit
from admin_web.pages.send_form import SendForm
from admin_web.pages.texts import N_
from gateway.core.desk.dictionaries import PageQuery
from gateway.core.dictionary import Dictionary, Record
from gateway.core.errors import NotFound
from gateway.core.template import FieldType, Template

OFFERED = 200  # records that an input suggests; every other can be written
LOOKED_AT = 500  # records that hold a text somewhere, before all are looked at
Choices = Mapping[str, Sequence[tuple[str, str]]]
"""By dictionary the values to choose from, each with what helps to know it."""


async def choices(visit: Visit, template: Template) -> Choices:
    """Return what the dictionaries of the template offer, by their first column."""
    found = {}
    for uuid in _named(template):
        try:
            page = await visit.desk.records.search(uuid, PageQuery(limit=OFFERED))
        except NotFound:
            continue  # any text is good then: the check of envelopes asks no more
        found[uuid] = [
            (record.values[0], ", ".join(record.values[1:]))
            for record in page.records
            if record.values and record.values[0]
        ]
    return found


async def chosen(
    visit: Visit, form: SendForm
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return by path the records that were meant, and what is meant by none."""
    records, faults = {}, {}
    named = _named(form.template)
    for entry in form.entries():
        text = form.text(entry.path)
        if entry.field.dictionary not in named or not text or entry.field.multiple:
            continue
        try:
            dictionary, meant = await _meant(visit, entry.field.dictionary, text)
        except NotFound:
            continue
        if len(meant) == 1:
            records[entry.path] = meant[0].uuid
        elif meant:
            faults[entry.path] = N_(
                "stands in {count} records of {name}; write a value that only one of "
                "them has"
            ).format(count=len(meant), name=dictionary.name)
        else:
            faults[entry.path] = N_(
                "is in no record of {name}; choose one of its values"
            ).format(name=dictionary.name)
    return records, faults


async def _meant(
    visit: Visit, uuid: str, text: str
) -> tuple[Dictionary, Sequence[Record]]:
    """Return the records with this value, or of them those that have it first."""
    query = PageQuery(text=text, limit=LOOKED_AT)
    page = await visit.desk.records.search(uuid, query)
    held = page.records
    if page.total > LOOKED_AT:
        held = (await visit.desk.dictionaries.get(uuid)).records
    found = [record for record in held if text in record.values]
    return page.dictionary, [
        record for record in found if record.values[0] == text
    ] or found


def _named(template: Template) -> set[str]:
    return {
        each.dictionary
        for document in template.documents
        for each in document.fields
        if each.type is FieldType.DICTIONARY and each.dictionary
    }
