"""Printable envelopes: whole in HTML and PDF, whatever stands in them."""

import re
import zlib
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.convert.printable import printable
from gateway.convert.printable.html import html
from gateway.convert.printable.pdf import pdf
from gateway.convert.printable.sheet import LONGEST, sheet_of
from gateway.core.desk.printing import FileLine, PartyLine, Surroundings
from gateway.core.envelope import Document, Draft, Field, FieldGroup
from gateway.core.model import AttachmentId, Problem, TemplateId, TemplateVersionId

TEMPLATE = """<template name="Order"><documents><document id="d" name="Замовлення">
<body><field type="text" name="NUMBER" title="Номер"/>
<field type="checkbox" name="URGENT"/>
<field type="attachment" name="FILE"/><fieldgroup name="Lines">
<field type="text" name="ITEM"/><field type="number" name="COUNT"/></fieldgroup>
</body></document></documents>
<flow><roles><role id="a" title="Buyer" order="1"/><role id="b" order="2"/></roles>
</flow></template>"""
ENVELOPE = """<envelope templateUuid="t"><info><subject>Замовлення &lt;1&gt;</subject>
<message>שלום ₴</message></info>
<flow><roles><role id="a" mailboxUuid="m"/></roles></flow>
<documents><document id="d"><field name="NUMBER">4711</field>
<field name="URGENT">true</field><field name="FILE" attachmentUuid="f">x</field>
<fieldgroup name="Lines"><fieldset index="0"><field name="ITEM">nut</field>
<field name="COUNT">3</field></fieldset></fieldgroup></document></documents>
</envelope>"""
AROUND = Surroundings(
    template=TEMPLATE,
    template_name="Order",
    status="COMPLETED",
    created_at="2026-01-01T10:00:00+02:00",
    ended_at="2026-01-02T00:00:00+00:00",
    parties=[
        PartyLine(
            roles=["a"], name="Shop", status="SENT", at="2026-01-01T08:00:00+00:00"
        )
    ],
    files=[FileLine(uuid="f", name="scan.pdf", size=12_345)],
)
DRAFT = Draft(template=TemplateId("t"), template_version=TemplateVersionId("v"))


def texts(data):
    root = etree.fromstring(data, etree.HTMLParser(encoding="utf-8"))
    return [text.strip() for text in root.itertext() if text.strip()]


def pages(data):
    return len(re.findall(rb"/Type /Page\b", data))


def filled(values, rows=0, columns=1):
    line = [Field(name=f"C{n}", values=["value"]) for n in range(columns)]
    fields = [Field(name=f"F{n}", values=[v]) for n, v in enumerate(values)]
    document = Document("d", fields, [FieldGroup("G", [line] * rows)] if rows else [])
    return replace(DRAFT, subject=values[0], message=values[0], documents=[document])


@pytest.mark.parametrize("form", ["HTML", "PDF"])
def test_an_envelope_is_printed_with_the_templates_titles(tmp_path, form):
    (tmp_path / "e.xml").write_text(ENVELOPE)
    said = {"form": form, "envelope": "uuid-1", "around": asdict(AROUND)}
    made = printable(tmp_path / "e.xml", said)
    if form == "PDF":
        assert made.startswith(b"%PDF-")
        assert made == printable(tmp_path / "e.xml", said)
        return
    shown = texts(made)
    for text in (
        "Замовлення <1>",
        "שלום ₴",
        "uuid-1",
        "Completed 2026-01-02 00:00 UTC",
        "2026-01-01 08:00 UTC",
        "Buyer",
        "Номер",
        "Yes",
        "scan.pdf",
        "12,345",
        "nut",
    ):
        assert text in shown
    assert b"<script" not in made
    assert b"<style>" in made


def test_instants_are_the_readers(tmp_path):
    (tmp_path / "e.xml").write_text(ENVELOPE)
    for zone, created, ended in (
        ("Europe/Kyiv", "2026-01-01 10:00 UTC+02:00", "2026-01-02 02:00 UTC+02:00"),
        ("Asia/Kolkata", "2026-01-01 13:30 UTC+05:30", "2026-01-02 05:30 UTC+05:30"),
    ):
        around = asdict(replace(AROUND, zone=zone))
        said = {"form": "HTML", "envelope": "u", "around": around}
        shown = texts(printable(tmp_path / "e.xml", said))
        assert created in shown
        assert f"Completed {ended}" in shown


def test_what_is_no_envelope_is_told(tmp_path):
    (tmp_path / "e.xml").write_text("<nothing/>")
    said = {"form": "HTML", "envelope": "u", "around": asdict(AROUND)}
    assert isinstance(printable(tmp_path / "e.xml", said), Problem)


def test_a_page_gets_addresses_instead_of_styles_of_its_own():
    links = {"icon": "/i", "style": "/s.css?a&b", "script": "/p.js", "pdf": "/x.pdf"}
    around = replace(AROUND, links=links)
    made = html(sheet_of("u", DRAFT, None, around, 10), around).decode()
    assert '<link rel="stylesheet" href="/s.css?a&amp;b">' in made
    assert "<style" not in made
    assert '<a href="/x.pdf">As PDF</a>' in made


def test_a_table_of_500_rows_is_paged_and_none_is_missing():
    sheet = sheet_of("u", filled(["x"], rows=500, columns=3), None, AROUND, 10_000)
    assert html(sheet, AROUND).count(b">value</td>") == 1500
    assert 10 < pages(pdf(sheet, AROUND)) < 40


@pytest.mark.parametrize("columns", [9, 40])
def test_a_wide_table_is_turned_and_a_wider_one_is_written_out(columns):
    sheet = sheet_of("u", filled(["x"], rows=3, columns=columns), None, AROUND, 999)
    made = pdf(sheet, AROUND)
    across = b"841.8898 595.2756" in made
    assert across is (columns == 9)


def test_what_is_too_much_is_left_out_and_told():
    sheet = sheet_of("u", filled(["x"], rows=500, columns=3), None, AROUND, 100)
    [table] = sheet.papers[0].tables
    assert (len(table.rows), table.left_from) == (33, 34)
    assert "The rows from 34 on are left out here; the XML has them all." in texts(
        html(sheet, AROUND)
    )
    pdf(sheet, AROUND)


def test_a_text_longer_than_many_pages_is_printed_to_the_limit():
    draft = filled(["слово " * LONGEST, "x" * 9000])
    sheet = sheet_of("u", draft, None, AROUND, 100)
    long = sheet.papers[0].lines[0][1].text
    assert long.endswith("(shortened; the XML has it whole)")
    assert pages(pdf(sheet, AROUND)) > 3


def test_an_attachment_that_is_gone_is_printed_by_its_field():
    field = Field(name="F", values=["old.pdf"], attachment=AttachmentId("gone"))
    draft = replace(DRAFT, documents=[Document("d", [field])])
    sheet = sheet_of("u", draft, None, replace(AROUND, files=()), 10)
    assert sheet.papers[0].lines[0][1].text == "old.pdf"
    assert "It carries none." in texts(html(sheet, AROUND))


@settings(max_examples=10)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_is_printed(text):
    sheet = sheet_of("u", filled([text]), None, AROUND, 10)
    assert pdf(sheet, AROUND).startswith(b"%PDF-")
    made = html(sheet, AROUND).decode()
    assert zlib.crc32(made.encode())
    assert etree.fromstring(made.encode(), etree.HTMLParser()) is not None
