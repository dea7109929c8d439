"""Sending: a form of every type of field, its faults beside them, and native XML."""

import re
from io import BytesIO

import pytest
from documents import TEMPLATE_XML, envelope_xml

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.dictionaries import ColumnDraft, DictionaryDraft
from gateway.core.desk.envelopes import EnvelopeQuery, Scope
from gateway.core.model import EnvelopeId

NEW = "/admin/envelopes/new"
KINDS = "99999999-9999-4999-8999-999999999999"
FILE = "00000000-0000-4000-8000-00000000f11e"
MAIN = "documents/document[main]"
SELLER_ROLE = "flow/roles/role[seller]"


def template_of(dictionary=""):
    return f"""<template uuid="{KINDS}" name="Kinds">
  <documents><document id="main" name="Main"><body>
    <field type="text" name="number" title="Order number" required="true"/>
    <field type="textarea" name="note"/>
    <field type="number" name="weight"/>
    <field type="currency" name="total"/>
    <field type="date" name="due"/>
    <field type="time" name="at"/>
    <field type="datetime" name="ready"/>
    <field type="checkbox" name="urgent"/>
    <field type="select" name="colour"><option>red</option><option>blue</option></field>
    <field type="select" name="days" multiple="true">
      <option>MON</option><option>TUE</option></field>
    <field type="email" name="contacts" multiple="true"/>
    <field type="dictionary" name="buyer" dictionary="{dictionary}"/>
    <field type="lookup" name="place"/>
    <field type="formula" name="sum" required="true"/>
    <field type="attachment" name="scan" title="Scan"/>
    <field type="text" name="theirs" roleId="seller" required="true"/>
    <fieldgroup name="lines">
      <field type="text" name="article" required="true"/>
      <field type="number" name="quantity"/>
      <field type="checkbox" name="fragile"/>
      <field type="attachment" name="drawing"/>
    </fieldgroup>
  </body></document></documents>
  <flow><roles><role id="buyer" order="0"/><role id="seller" title="Seller" order="1"/>
  </roles></flow>
</template>"""


def file(name, data):
    """Return what a file input sends."""
    made = BytesIO(data)
    made.name = name
    return made


@pytest.fixture
async def shop(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id


@pytest.fixture
async def seller(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Seller", ())).id


@pytest.fixture
async def partners(desk):
    draft = DictionaryDraft(
        name="Partners",
        columns=[ColumnDraft("gln"), ColumnDraft("name")],
        records=[["1001", "Acme"], ["1002", "Bolt & Co"], ["1003", "Acme"]],
    )
    return await desk.dictionaries.create(COMMAND_LINE, draft)


@pytest.fixture
async def kinds(desk, partners):
    data = template_of(partners.dictionary.id)
    return await desk.templates.add(COMMAND_LINE, data)


@pytest.fixture
async def fill(owner, shop, seller, kinds):
    """Open the form and return what sends it with these values of its document."""
    await owner.get(f"{NEW}?mailbox={shop}&template={KINDS}")
    assert owner.status == 200
    hidden = dict(
        re.findall(r'type="hidden" name="([\w.]+)" value="([^"]*)"', owner.text)
    )

    async def send(values, *, do="", **more):
        fields = {
            **hidden,
            "subject": "Order 7",
            "message": "",
            "afterDays": "30",
            "notifyIn": "1",
            SELLER_ROLE: seller,
            **({"do": do} if do else {}),
            **more,
        }
        fields.pop("csrf")
        typed = [(f"{MAIN}/{name}", value) for name, value in values]
        return await owner.post(NEW, [*fields.items(), *typed])

    return send


async def opened(desk, owner, mailbox):
    """Return the envelope whose page the browser was led to."""
    found = re.fullmatch(r"/admin/envelopes/([\w-]+)\?mailbox=([\w-]+)", owner.url)
    assert found, owner.text
    assert found[2] == mailbox
    return await desk.envelopes.get(mailbox, EnvelopeId(found[1]))


async def sent_by(desk, mailbox):
    query = EnvelopeQuery(mailbox=mailbox, scope=Scope.OUTBOX)
    return (await desk.envelopes.search(query))[0]


async def test_the_form_asks_for_each_field_in_its_own_way(owner, fill):
    for name, mark in (
        ("number", "required"),
        ("note", "<textarea"),
        ("weight", 'inputmode="decimal"'),
        ("due", 'type="date"'),
        ("at", 'type="time"'),
        ("ready", 'type="datetime-local"'),
        ("urgent", 'type="checkbox"'),
        ("colour", "<select"),
        ("days", 'type="checkbox"'),
        ("contacts", "<textarea"),
        ("buyer", "list="),
        ("scan", 'type="file"'),
    ):
        tags = re.findall(rf'<[^>]*name="{re.escape(MAIN)}/{name}"[^>]*>', owner.text)
        assert any(mark in tag for tag in tags), (name, tags)
    assert f"{MAIN}/sum" not in owner.text  # nobody types a formula in
    assert '<option value="1002">Bolt &amp; Co</option>' in owner.text
    theirs = re.search(rf'<input[^>]*name="{re.escape(MAIN)}/theirs"[^>]*>', owner.text)
    assert "required" not in theirs[0]


async def test_an_envelope_with_every_kind_of_field_is_sent(
    owner, desk, shop, seller, fill, partners
):
    owner.client.session.cookie_jar.update_cookies({"zone": "Europe/Kyiv"})
    await fill(
        [
            ("number", "PO <7> & more"),
            ("note", "first\r\nsecond"),
            ("weight", "12.5"),
            ("total", "99.90 EUR"),
            ("due", "2026-07-01"),
            ("at", "09:30"),
            ("ready", "2026-07-01T09:30"),
            ("urgent", "true"),
            ("colour", "blue"),
            ("days", "MON"),
            ("days", "TUE"),
            ("contacts", "a@example.com\r\n\r\nb@example.com"),
            ("buyer", "1002"),
            ("place", "Dock 3"),
            ("scan", file("scan.pdf", b"%PDF")),
            ("lines[0]/article", "nut"),
            ("lines[0]/quantity", "3"),
            ("lines[4]/article", ""),
            ("lines[7]/article", "bolt"),
            ("lines[7]/fragile", "true"),
            ("lines[7]/drawing", file("bolt.png", b"PNG")),
        ]
    )
    view = await opened(desk, owner, shop)
    assert view.row.subject == "Order 7"
    assert (view.row.expires_at - view.row.created_at).days == 30
    assert [(r.id, r.mailbox) for r in view.draft.roles] == [
        ("buyer", shop),
        ("seller", seller),
    ]
    [document] = view.draft.documents
    values = {field.name: list(field.values) for field in document.fields}
    assert values == {
        "number": ["PO <7> & more"],
        "note": ["first\nsecond"],
        "weight": ["12.5"],
        "total": ["99.90 EUR"],
        "due": ["2026-07-01"],
        "at": ["09:30"],
        "ready": ["2026-07-01T09:30:00+03:00"],
        "urgent": ["true"],
        "colour": ["blue"],
        "days": ["MON", "TUE"],
        "contacts": ["a@example.com", "b@example.com"],
        "buyer": ["1002"],
        "place": ["Dock 3"],
        "scan": ["scan.pdf"],
    }
    records = {field.name: field.record for field in document.fields if field.record}
    assert records == {"buyer": partners.records[1].uuid}
    rows = [
        {field.name: list(field.values) for field in row}
        for row in document.groups[0].rows
    ]
    assert rows == [
        {"article": ["nut"], "quantity": ["3"], "fragile": ["false"]},
        {"article": ["bolt"], "fragile": ["true"], "drawing": ["bolt.png"]},
    ]
    assert [each.name for each in view.attachments] == ["bolt.png", "scan.pdf"]
    _total, received = await desk.envelopes.search(EnvelopeQuery(mailbox=seller))
    assert [row.envelope for row in received] == [view.row.envelope]


async def test_what_does_not_fit_stands_beside_its_field_and_nothing_is_lost(
    owner, desk, shop, fill
):
    await fill(
        [
            ("number", ""),
            ("note", "kept <note>"),
            ("weight", "heavy"),
            ("scan", file("scan.pdf", b"%PDF")),
            ("lines[2]/quantity", "many"),
            ("colour", "blue"),
        ],
        **{SELLER_ROLE: ""},
    )
    assert owner.status == 422
    assert "Nothing was sent." in owner.text
    for name in ("number", "weight", "lines[0]/quantity", "lines[0]/article"):
        assert f'id="e-{MAIN}/{name}"' in owner.text, name
    assert f'id="e-{SELLER_ROLE}"' in owner.text
    assert "must be a number as 12 or -12.50" in owner.text
    assert "kept &lt;note&gt;" in owner.text
    assert 'value="many"' in owner.text
    assert "<option selected>blue" in owner.text
    assert 'value="heavy"' in owner.text
    assert await sent_by(desk, shop) == 0
    kept = re.search(rf'name="{re.escape(MAIN)}/scan.uuid" value="([^"]+)"', owner.text)
    await fill(
        [("number", "7"), ("scan.uuid", kept[1]), ("scan.name", "scan.pdf")],
    )
    view = await opened(desk, owner, shop)
    assert [each.uuid for each in view.attachments] == [kept[1]]


async def test_a_kept_file_is_left_out_or_replaced(owner, desk, shop, fill):
    uuid = await desk.attachments.add(
        COMMAND_LINE, "old.pdf", "application/pdf", chunks(b"old")
    )
    kept = [("number", "7"), ("scan.uuid", uuid), ("scan.name", "old.pdf")]
    await fill([*kept, ("scan.clear", "on")])
    assert (await opened(desk, owner, shop)).attachments == []
    await owner.get(f"{NEW}?mailbox={shop}&template={KINDS}")
    await fill([*kept, ("scan", file("new.pdf", b"new"))], uuid="")
    view = await opened(desk, owner, shop)
    assert [each.name for each in view.attachments] == ["new.pdf"]


async def chunks(data):
    yield data


async def test_a_file_that_is_too_large_is_told_at_its_field(owner, desk, shop, fill):
    await fill([("number", "7"), ("scan", file("scan.pdf", bytes(200_001)))])
    assert owner.status == 422
    assert f'id="e-{MAIN}/scan"' in owner.text
    assert "200000 bytes" in owner.text
    assert await sent_by(desk, shop) == 0


async def test_a_dictionary_field_means_one_record(owner, desk, shop, fill):
    for typed, told in (
        ("Nobody", "is in no record of Partners"),
        ("Acme", "stands in 2 records"),
    ):
        await fill([("number", "7"), ("buyer", typed)])
        assert owner.status == 422
        assert told in owner.text
    assert await sent_by(desk, shop) == 0


async def test_a_dictionary_that_is_not_there_allows_any_text(
    owner, desk, shop, kinds, fill
):
    later = await desk.templates.add(COMMAND_LINE, template_of("gone"))
    await owner.get(f"{NEW}?mailbox={shop}&template={KINDS}")
    assert "<datalist" not in owner.text
    typed = [("number", "7"), ("buyer", "Somebody"), ("ready", "2026-13-45T99:99")]
    await fill(typed, templateVersion=later.version)
    assert f'id="e-{MAIN}/ready"' in owner.text
    assert f'id="e-{MAIN}/buyer"' not in owner.text
    await fill(typed[:2], templateVersion=later.version)
    [document] = (await opened(desk, owner, shop)).draft.documents
    assert ["Somebody"] in [list(field.values) for field in document.fields]


async def test_a_record_is_meant_by_any_of_its_values(
    owner, desk, shop, fill, partners
):
    await fill([("number", "7"), ("buyer", "Bolt & Co")])
    [document] = (await opened(desk, owner, shop)).draft.documents
    record = next(field.record for field in document.fields if field.name == "buyer")
    assert record == partners.records[1].uuid


async def test_what_stands_outside_the_documents_is_checked_too(
    owner, desk, shop, fill
):
    for name, value, told in (
        ("afterDays", "soon", "days from 0 to 36500"),
        ("notifyIn", "-1", "days from 0 to 36500"),
        ("subject", "a\x0bb", "U+000B"),
        (SELLER_ROLE, "nobody", "there is no mailbox nobody"),
    ):
        await fill([("number", "7")], **{name: value})
        assert owner.status == 422
        assert told in owner.text
        assert f'id="e-{name}"' in owner.text
    assert await sent_by(desk, shop) == 0


async def test_rows_are_added_and_removed_without_script(owner, desk, shop, fill):
    rows = [("lines[0]/article", "nut"), ("lines[1]/article", "bolt")]
    await fill(rows, do=f"add:{MAIN}/lines")
    assert owner.status == 200
    assert f'name="{MAIN}/lines[2]/article"' in owner.text
    assert "Nothing was sent." not in owner.text
    await fill(rows, do=f"drop:{MAIN}/lines[0]")
    assert f'name="{MAIN}/lines[0]/article" type="text" value="bolt"' in owner.text
    assert f'name="{MAIN}/lines[1]/article"' not in owner.text
    assert await sent_by(desk, shop) == 0


async def test_more_rows_than_a_form_may_have_are_refused(owner, desk, shop, fill):
    await fill([(f"lines[{number}]/article", "x") for number in range(201)])
    assert owner.status == 422
    assert "200 are allowed" in owner.text
    await fill([(f"lines[{number}]/article", "x") for number in range(1001)])
    assert owner.status == 413
    assert "1000 inputs allowed" in owner.text


async def test_a_file_that_is_gone_meanwhile_is_told(owner, desk, shop, fill):
    gone = "00000000-0000-4000-8000-000000000404"
    await fill([("number", "7"), ("scan.uuid", gone), ("scan.name", "old.pdf")])
    assert owner.status == 422
    assert f"there is no attachment {gone}" in owner.text
    assert await sent_by(desk, shop) == 0


async def test_pressed_twice_it_is_sent_once(owner, desk, shop, fill):
    await fill([("number", "7")])
    first = owner.url
    await fill([("number", "7")])
    assert owner.url == first
    assert await sent_by(desk, shop) == 1


async def test_the_version_that_the_form_was_made_for_is_sent(
    owner, desk, shop, kinds, partners, fill
):
    later = template_of(partners.dictionary.id).replace('name="number"', 'name="no"')
    await desk.templates.add(COMMAND_LINE, later)
    await fill([("number", "7")])
    view = await opened(desk, owner, shop)
    assert view.row.template_version == kinds.version


async def test_any_file_is_sent_by_the_built_in_template(owner, desk, shop, seller):
    await desk.templates.ensure_builtin()
    await owner.get(f"{NEW}?mailbox={shop}")
    assert f'name="template" value="{FILE}"' in owner.text
    await owner.post(
        NEW,
        {
            "mailbox": shop,
            "template": FILE,
            "flow/roles/role[recipient]": seller,
            "documents/document[file]/file": file("any.bin", b"\0\1"),
        },
    )
    view = await opened(desk, owner, shop)
    assert [each.name for each in view.attachments] == ["any.bin"]


async def test_native_xml_is_pasted_or_uploaded(owner, desk, shop, seller):
    await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)
    await owner.get(f"{NEW}/xml?mailbox={shop}")
    await owner.post(f"{NEW}/xml", {"mailbox": shop, "data": envelope_xml(seller)})
    assert (await opened(desk, owner, shop)).row.subject == "Order 4711"
    long = "x" * 1_200_000  # more than any other form may hold
    data = file("long.xml", envelope_xml(seller).replace("Hello", long).encode())
    await owner.post(f"{NEW}/xml", {"mailbox": shop, "file": data})
    assert (await opened(desk, owner, shop)).row.message == long
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        text = envelope_xml(seller, "ÄЖ")
        xml = file("order.xml", text.encode(encoding))
        await owner.post(f"{NEW}/xml", {"mailbox": shop, "file": xml, "data": ""})
        assert (await opened(desk, owner, shop)).row.subject == "Order ÄЖ"


async def test_wrong_xml_is_shown_again_with_what_is_wrong(owner, desk, shop, seller):
    await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)
    await owner.get(f"{NEW}/xml?mailbox={shop}")
    good = envelope_xml(seller)
    for data, told in (
        (good.replace("<subject>", "<subjekt>"), "Line 2:"),
        (good.replace('name="number"', 'name="nummer"'), "did you mean number?"),
        (" ", "There is nothing to send"),
    ):
        await owner.post(f"{NEW}/xml", {"mailbox": shop, "data": data})
        assert owner.status == 422
        assert told in owner.text
        assert "Nothing was sent." in owner.text
        assert ("4711" in owner.text) == bool(data.strip())
    assert await sent_by(desk, shop) == 0


async def test_a_file_in_another_encoding_is_refused_in_words(
    owner, desk, shop, seller
):
    await owner.get(f"{NEW}/xml?mailbox={shop}")
    xml = file("order.xml", "<envelope>Ä</envelope>".encode("latin-1"))
    await owner.post(f"{NEW}/xml", {"mailbox": shop, "file": xml})
    assert owner.status == 422
    assert "byte 11 is no character" in owner.text


async def test_who_only_reads_sends_nothing(stranger, people, desk, shop, kinds):
    await stranger.sign_in("auditor")
    for path in (NEW, f"{NEW}/xml"):
        await stranger.get(path)
        assert stranger.status == 403
        await stranger.post(path, {"mailbox": shop})
        assert stranger.status == 403
    assert await sent_by(desk, shop) == 0


async def test_without_a_mailbox_there_is_nothing_to_send_from(owner):
    for path in (NEW, f"{NEW}/xml"):
        await owner.get(path)
        assert owner.url == "/admin/envelopes"
        assert "No mailbox yet" in owner.text
