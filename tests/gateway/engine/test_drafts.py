"""What drafts may say about who and which they are."""

import pytest
from line_world import SHOP, SUPPLIER, TEMPLATE, Line, envelope
from sqlalchemy import update

from gateway.convert import envelope_xml
from gateway.convert.pool import Converter
from gateway.core.integration import Mailbox
from gateway.core.model import AttachmentId, MailboxId, Problem
from gateway.store import attachments, envelopes, mailboxes, tables

UUID = "0d000000-0000-4000-8000-00000000000d"
THIRD = "0f000000-0000-4000-8000-00000000000f"


@pytest.fixture
async def line(db, tmp_path, clock):
    async with Converter(workers=1) as converter:
        world = Line(db, tmp_path, clock, converter)
        await world.settle_in()
        yield world


def sent_by(mailbox):
    role = f'<roles><role id="a" mailboxUuid="{mailbox}"/>'
    return envelope().replace("<roles>", role).encode()


async def complete(line, *documents):
    drafts = [envelope_xml.parse(each) for each in documents]
    return await line.drafts.complete(SHOP, drafts, ())


async def test_nobody_sends_in_another_mailboxs_name(line):
    problem = await complete(line, sent_by(SUPPLIER))
    assert problem.code == "role-sender"
    assert f"must be the sender, {SHOP}" in problem.message


@pytest.mark.parametrize("named", ["", SHOP, SHOP.upper()])
async def test_the_senders_role_is_its_own_or_filled_in(line, named):
    [draft] = await complete(line, sent_by(named))
    assert draft.roles[0].mailbox == SHOP


async def test_two_envelopes_of_one_file_may_not_have_one_uuid(line):
    one = envelope(head=f'uuid="{UUID}"').encode()
    problem = await complete(line, one, one)
    assert isinstance(problem, Problem)
    assert (problem.code, UUID in problem.message) == ("envelope-exists", True)


async def test_envelopes_without_a_uuid_may_be_equal(line):
    same = envelope().encode()
    assert [d.template for d in await complete(line, same, same)] == [TEMPLATE] * 2


async def test_only_whose_it_is_or_who_got_it_sends_an_attachment(line):
    uuid = AttachmentId("0e000000-0000-4000-8000-00000000000e")

    async def owned_by(mailbox):
        async with line.db.write() as conn:
            await conn.execute(update(tables.attachments).values(mailbox=mailbox))

    async def problem_of(sender, recipient):
        field = f'<field name="FILE" attachmentUuid="{uuid}"/>'
        draft = envelope_xml.parse(envelope(recipient=recipient, more=field).encode())
        found = await line.drafts.complete(sender, [draft], ())
        return found.code if isinstance(found, Problem) else found

    async with line.db.write() as conn:
        blob = await line.blobs.put(b"scan")
        await attachments.add(
            conn,
            attachments.Attachment(
                id=uuid,
                name="scan.pdf",
                content_type="application/pdf",
                blob=blob,
                created_at=line.clock(),
            ),
        )
    await owned_by(SUPPLIER)
    assert await problem_of(SHOP, SUPPLIER) == "attachment-unknown"
    await owned_by(None)  # uploaded for no mailbox: whose envelope is first
    drafts = await problem_of(SHOP, SUPPLIER)
    async with line.db.write() as conn:
        for posted in await line.drafts.ready(SHOP, drafts, line.clock()):
            await envelopes.post(conn, posted)
        assert (await attachments.get(conn, uuid)).mailbox == SHOP
        third = Mailbox(id=MailboxId(THIRD), name="Third")
        await mailboxes.add(conn, third, line.clock())
    assert await problem_of(THIRD, SUPPLIER) == "attachment-unknown"
    assert isinstance(await problem_of(SUPPLIER, THIRD), list)
