"""What trials tell of look-ups, in workers that know what real documents ask for."""

import pytest
from line_world import SHOP, SUPPLIER, Line, envelope, stylesheet

from gateway.convert import envelope_xml
from gateway.convert.pool import Converter
from gateway.core.envelope import Envelope
from gateway.core.model import EnvelopeId, FileName
from gateway.core.rules import RuleDirection
from gateway.engine.conversion import Incoming, SourceFile
from gateway.engine.desk.trials import Trials

ASKS = stylesheet(
    "<o><xsl:for-each select=\"tokenize(//field[@name='NUMBER'], ' ')\">"
    '<xsl:value-of select="wd:getMailboxUuidByAlias(.)"/></xsl:for-each></o>',
    more='xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions"',
)
DIGITS = "0123456789"


@pytest.fixture
async def line(db, tmp_path, clock):
    async with Converter(workers=1) as pool:
        world = Line(db, tmp_path, clock, pool)
        await world.settle_in()
        yield world


@pytest.fixture
def given(line):
    """Return what makes an order with these articles, as it comes in and goes out."""

    async def make(articles):
        data = envelope(articles).encode()
        uuid, blob = line.new_id(), await line.blobs.put(data)
        coming = Envelope(
            id=EnvelopeId(uuid),
            sender=SHOP,
            draft=envelope_xml.parse(data),
            created_at=line.clock(),
        )
        incoming = Incoming(
            mailbox=SUPPLIER, envelope=coming, xml=blob, received_at=line.clock()
        )
        name = FileName("order.xml")
        return incoming, SourceFile(seed=uuid, mailbox=SHOP, name=name, blob=blob)

    return make


async def test_a_trial_tells_only_the_look_ups_of_its_own_document(line, given):
    conversions = line.handlers["route"].conversions
    trials = Trials(
        line.db,
        conversions,
        line.handlers["dispatch"].archives,
        line.drafts,
        line.clock,
        line.new_id,
    )
    inward = await line.rule(RuleDirection.IN, ASKS)
    outward = await line.rule(RuleDirection.OUT, ASKS)
    for _ in range(3):
        incoming, source = await given("A B")
        await conversions.into(inward, incoming, DIGITS)
        await conversions.out(outward, source)
    incoming, source = await given("A")
    for trial in (
        await trials.into(inward, incoming, DIGITS),
        await trials.out(outward, source),
    ):
        calls = [one.call for one in trial.explanation.lookups]
        assert calls == ["getMailboxUuidByAlias(A)"]
