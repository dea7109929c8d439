"""What drafts may say about who and which they are."""

import pytest
from line_world import SHOP, SUPPLIER, TEMPLATE, Line, envelope

from gateway.convert import envelope_xml
from gateway.convert.pool import Converter
from gateway.core.model import Problem

UUID = "0d000000-0000-4000-8000-00000000000d"


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
