"""A form that was filled in, as native XML: what a program would send to the API."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from admin_web.pages.send_form import DAYS, Entry, SendForm
from gateway.core.template import FieldType

Records = Mapping[str, str]
"""By path the uuid of the dictionary record that an input chose."""


def native(form: SendForm, uuid: str, records: Records, zone: ZoneInfo) -> str:
    """Return the envelope; times of the form are meant where its reader is."""
    template = form.template
    days = "".join(
        f' {name}="{escape(text)}"' for name in DAYS if (text := form.text(name))
    )
    roles = "".join(
        f'<role id="{escape(role)}" mailboxUuid="{escape(form.text(path))}"/>'
        for path, role, _title in form.roles
    )
    documents = "".join(
        f'<document id="{escape(sheet.id)}">'
        + _fields(form, sheet.entries, records, zone)
        + "".join(
            f'<fieldgroup name="{escape(grid.name)}">'
            + "".join(
                f'<fieldset index="{index}">'
                f"{_fields(form, row.entries, records, zone)}</fieldset>"
                for index, row in enumerate(grid.rows)
            )
            + "</fieldgroup>"
            for grid in sheet.grids
            if grid.rows
        )
        + "</document>"
        for sheet in form.sheets
    )
    return (
        f'<envelope templateUuid="{template.id}" templateVersion="{template.version}"'
        f' uuid="{escape(uuid)}"><info>'
        f"<subject>{escape(form.text('subject'))}</subject>"
        f"<message>{escape(form.text('message'))}</message>"
        f"{f'<expire{days}/>' if days else ''}</info>"
        f"<flow><roles>{roles}</roles></flow><documents>{documents}</documents>"
        "</envelope>"
    )


def _fields(
    form: SendForm, entries: Iterable[Entry], records: Records, zone: ZoneInfo
) -> str:
    return "".join(_field(form, entry, records, zone) for entry in entries)


def _field(form: SendForm, entry: Entry, records: Records, zone: ZoneInfo) -> str:
    name = f'<field name="{escape(entry.field.name)}"'
    kept = form.files.get(entry.path)
    if kept:
        return (
            f'{name} attachmentUuid="{escape(kept.uuid)}">{escape(kept.name)}</field>'
        )
    values = [_value(text, entry, zone) for text in form.values.get(entry.path, ())]
    if not any(values):
        return ""
    record = records.get(entry.path, "")
    mark = f' recordUuid="{escape(record)}"' if record else ""
    return f"{name}{mark}>{_content(values)}</field>"


def _content(values: Sequence[str]) -> str:
    if len(values) == 1:
        return escape(values[0])
    return "".join(f"<value>{escape(value)}</value>" for value in values)


def _value(text: str, entry: Entry, zone: ZoneInfo) -> str:
    """Return the value; a browser's date and time get the zone they are meant in."""
    if entry.field.type is not FieldType.DATETIME or "T" not in text:
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text  # the check says what it must be
    return text if at.tzinfo else at.replace(tzinfo=zone).isoformat()
