"""Control numbers as a writer asks for them."""

from gateway.convert import wd_extensions
from gateway.core.interchange import CONTROL_NUMBER
from gateway.core.model import MailboxId
from gateway.engine.lookups import Lookups

BOX = MailboxId("0a000000-0000-4000-8000-000000000001")


async def test_a_trial_sees_the_next_numbers_and_takes_none(db, clock):
    lookups = Lookups(db, clock)

    async def number(seed: str = "", place: str = "1") -> str | None:
        asked = (CONTROL_NUMBER, ("X12-GROUP", "A:ZZ", "B:ZZ", place))
        [answer] = await lookups.of(BOX, seed)([asked])
        return answer

    assert [await number(), await number(), await number(place="2")] == ["1", "1", "2"]
    assert [await number("a"), await number("a", "2")] == ["1", "2"]
    assert [await number("b"), await number("a"), await number()] == ["3", "1", "4"]


def test_a_stylesheet_cannot_ask_for_a_control_number():
    sign, gap = "\ue01e", "\ue01f"
    known = f"{sign}getMailboxUuidByAlias{gap}A"
    assert wd_extensions.request(known) == ("getMailboxUuidByAlias", ("A",))
    fake = f"{sign}{CONTROL_NUMBER}{gap}X12{gap}A{gap}B{gap}1"
    assert wd_extensions.request(fake) is None
