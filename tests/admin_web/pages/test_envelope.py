"""One envelope: what is shown, downloaded, decided."""

import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from documents import TEMPLATE, TEMPLATE_XML, envelope_xml
from sqlalchemy import select

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.envelopes import EnvelopeQuery
from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import RuleId
from gateway.store import envelopes
from gateway.store.tables import jobs

LIST = "/admin/envelopes"
REASON = "Wrong price: <b>see</b> the list of October"


async def chunks(data):
    yield data


@pytest.fixture
async def shop(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id


@pytest.fixture
async def seller(desk):
    await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)
    return (await desk.mailboxes.create(COMMAND_LINE, "Seller", ())).id


@pytest.fixture
async def scan(desk):
    return await desk.attachments.add(
        COMMAND_LINE, "scan <1>.pdf", "application/pdf", chunks(b"%PDF")
    )


@pytest.fixture
async def sent(desk, shop, seller, scan):
    """Send an order with a scan; return its uuid."""
    data = envelope_xml(seller, scan=scan)
    return await desk.envelopes.send(COMMAND_LINE, shop, data)


async def seen(desk, mailbox):
    _total, rows = await desk.envelopes.search(EnvelopeQuery(mailbox=mailbox))
    return rows[0]


async def test_it_shows_its_fields_tables_attachments_and_roles(owner, seller, sent):
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    for told in (
        "Order 4711",
        "Inbox of Seller",
        "From Shop to Seller",
        "Hello",
        "Not filled in",
        "nut",
        "scan &lt;1&gt;.pdf",
        "Buyer",
        "this mailbox",
        "Sent by Shop",
        "version 1",
        sent,
    ):
        assert told in owner.text


async def test_without_a_mailbox_it_is_shown_as_its_recipient_sees_it(owner, sent):
    await owner.get(f"{LIST}/{sent}")
    assert "Inbox of Seller" in owner.text
    await owner.get(f"{LIST}/unknown")
    assert owner.status == 404
    await owner.post(f"{LIST}/{sent}/accept")
    assert owner.status == 404


async def test_the_sender_sees_it_as_sent_and_decides_nothing(owner, shop, sent):
    await owner.get(f"{LIST}/{sent}?mailbox={shop}")
    assert "Outbox of Shop" in owner.text
    assert "Accept" not in owner.text
    assert "Reject" not in owner.text
    for order in ("accept", "reject", "again"):
        await owner.post(f"{LIST}/{sent}/{order}?mailbox={shop}")
        assert owner.status == 404


async def test_accepting_completes_it(owner, desk, shop, seller, sent):
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    await owner.post(f"{LIST}/{sent}/accept?mailbox={seller}")
    assert owner.url == f"{LIST}/{sent}?mailbox={seller}"
    assert "Accepted for Seller by owner" in owner.text
    assert "Reject envelope" not in owner.text
    assert (await seen(desk, seller)).how == "accepted by owner"
    assert (await seen(desk, shop)).status is EnvelopeStatus.COMPLETED


async def test_rejecting_tells_everybody_why(owner, desk, shop, seller, sent):
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    await owner.post(f"{LIST}/{sent}/reject?mailbox={seller}", {"reason": REASON})
    assert "Rejected for Seller by owner" in owner.text
    row = await seen(desk, shop)
    assert (row.status, row.reject_reason) == (EnvelopeStatus.CANCELLED, REASON)
    await owner.get(f"{LIST}/{sent}?mailbox={shop}")
    assert "Wrong price: &lt;b&gt;see&lt;/b&gt;" in owner.text


async def test_a_reason_that_is_too_long_is_kept_in_the_dialog(
    owner, desk, seller, sent
):
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    await owner.post(f"{LIST}/{sent}/reject?mailbox={seller}", {"reason": "x" * 2001})
    assert owner.status == 422
    assert "data-open" in owner.text
    assert "2001 characters; 2000 are allowed" in owner.text
    assert "x" * 2001 in owner.text
    assert (await seen(desk, seller)).status is EnvelopeStatus.WAITING


async def test_what_was_decided_meanwhile_stays_so(owner, desk, seller, sent):
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    await desk.envelopes.accept(COMMAND_LINE, seller, sent)
    for order in ("accept", "reject"):
        await owner.post(f"{LIST}/{sent}/{order}?mailbox={seller}")
        assert owner.status == 409
        assert "Nothing was changed." in owner.text
    assert "accepted by command-line" in (await seen(desk, seller)).how


async def test_it_is_brought_to_the_remote_server_again(owner, world, seller, sent):
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    assert "Bring to the remote server again" in owner.text
    await owner.post(f"{LIST}/{sent}/again?mailbox={seller}")
    assert owner.url == f"{LIST}/{sent}?mailbox={seller}"
    async with world.db.read() as conn:
        subjects = (await conn.execute(select(jobs.c.subject))).scalars().all()
    assert f"{sent}|{seller}|again" in subjects


async def test_a_rejected_one_is_not_brought_anywhere(owner, desk, seller, sent):
    await desk.envelopes.reject(COMMAND_LINE, seller, sent, "")
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    assert "No reason was given." in owner.text
    assert f"{sent}/again" not in owner.text
    await owner.post(f"{LIST}/{sent}/again?mailbox={seller}")
    assert owner.status == 409
    assert "have it sent anew" in owner.text


async def test_it_is_downloaded_as_xml_as_zip_and_file_by_file(
    owner, seller, sent, scan
):
    at, box = f"{LIST}/{sent}", f"?mailbox={seller}"
    xml = await owner.client.get(f"{at}/xml{box}")
    assert f'uuid="{sent}"' in await xml.text()
    archive = await owner.client.get(f"{at}/zip{box}")
    with ZipFile(BytesIO(await archive.read())) as opened:
        assert opened.read("attachments/scan _1_.pdf") == b"%PDF"
    await owner.get(f"{at}/zip{box}&kind=BIG")
    assert owner.status == 422
    file = await owner.client.get(f"{at}/attachments/{scan}{box}")
    assert await file.read() == b"%PDF"
    assert file.headers["Content-Disposition"].startswith("attachment;")


async def test_it_is_printed_in_the_readers_language_and_zone(owner, seller, sent):
    at, box = f"{LIST}/{sent}", f"?mailbox={seller}"
    page = await owner.client.get(
        f"{at}/print{box}",
        headers={"Accept-Language": "uk"},
        cookies={"zone": "Asia/Kolkata"},
    )
    text = await page.text()
    assert page.content_type == "text/html"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert '<html lang="uk">' in text
    assert "scan &lt;1&gt;.pdf" in text
    assert "Учасники" in text
    assert "UTC+05:30" in text
    assert "<style" not in text
    [style] = re.findall(r'rel="stylesheet" href="([^"]+)"', text)
    assert "@page" in await (await owner.client.get(style)).text()
    [pdf] = re.findall(r'<a href="([^"]+)"', text)
    paged = await owner.client.get(pdf)
    assert (await paged.read()).startswith(b"%PDF-")
    assert paged.headers["Content-Disposition"].startswith("attachment;")


async def test_what_its_archive_waits_for_is_told(owner, world, seller, sent):
    async with world.db.write() as conn:
        await envelopes.hold(conn, sent, seller, RuleId("a rule"))
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    assert "accept it to do yours" in owner.text
    await owner.post(f"{LIST}/{sent}/accept?mailbox={seller}", {})
    assert "sends an archive" not in owner.text


async def test_only_its_own_attachments_are_given(owner, desk, seller, sent):
    other = await desk.attachments.add(
        COMMAND_LINE, "other.pdf", "application/pdf", chunks(b"secret")
    )
    await owner.get(f"{LIST}/{sent}/attachments/{other}?mailbox={seller}")
    assert owner.status == 404


async def test_who_takes_no_part_sees_nothing(owner, desk, sent):
    stranger = await desk.mailboxes.create(COMMAND_LINE, "Stranger", ())
    for end in ("", "/xml", "/zip", "/print"):
        await owner.get(f"{LIST}/{sent}{end}?mailbox={stranger.id}")
        assert owner.status == 404


async def test_a_long_table_is_paged_and_long_values_are_cut(owner, desk, shop, seller):
    rows = "".join(
        f'<fieldset><field name="article">nut {number:03}</field></fieldset>'
        for number in range(1, 121)
    )
    data = envelope_xml(seller, "x" * 3000)
    head, _, tail = data.partition('<fieldset index="0">')
    data = head + rows + tail.partition("</fieldset>")[2]
    uuid = await desk.envelopes.send(COMMAND_LINE, shop, data)
    at = f"{LIST}/{uuid}?mailbox={seller}"
    await owner.get(at)
    assert "1 to 50 of 120" in owner.text
    assert "nut 050" in owner.text
    assert "nut 051" not in owner.text
    assert "1,000 more characters in the XML" in owner.text.replace("1000", "1,000")
    assert "t1=51#table-1" in owner.text
    await owner.get(f"{at}&t1=101")
    assert "nut 101" in owner.text
    assert "t1=51#table-1" in owner.text
    await owner.get(f"{at}&t1=0")
    assert owner.status == 422


async def test_what_a_later_version_of_the_template_lacks_is_still_shown(
    owner, desk, shop, seller, sent
):
    later = TEMPLATE_XML.replace('name="number"', 'name="other"')
    await desk.templates.add(COMMAND_LINE, later)
    await owner.get(f"{LIST}/{sent}?mailbox={seller}")
    assert "4711" in owner.text
    assert "version 1" in owner.text
    assert TEMPLATE not in owner.text


async def test_who_only_reads_is_offered_no_decision(
    stranger, people, desk, seller, sent
):
    await stranger.sign_in("auditor")
    await stranger.get(f"{LIST}/{sent}?mailbox={seller}")
    assert "Order 4711" in stranger.text
    assert f"{sent}/accept" not in stranger.text
    for order in ("accept", "reject", "again"):
        await stranger.post(f"{LIST}/{sent}/{order}?mailbox={seller}")
        assert stranger.status == 403
    assert (await seen(desk, seller)).status is EnvelopeStatus.WAITING
