"""The board of all certificates, and the certificates of one mailbox."""

import html
import re
from datetime import timedelta
from functools import cache
from io import BytesIO

import pytest
from fakes import FakeClock

from certs import identity
from certs.identity import generate_private_key, make_identity
from certs.partner import to_pem
from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.audit import AuditQuery
from gateway.core.desk.certificates import PairState, RollOver
from gateway.core.desk.integrations import IntegrationChange
from gateway.core.model import Channel

BOARD = "/admin/certificates"
DAY = timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
def _one_key_of_each_size():
    """Make certificates anew, their keys once: that takes long and tells nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "generate_private_key", cache(generate_private_key))
        yield


@pytest.fixture(scope="module")
def partner():
    return make_identity("Baltic Retail", FakeClock().now, days=20)


@pytest.fixture(scope="module")
def successor():
    return make_identity("Baltic Retail 2027", FakeClock().now, days=400)


@pytest.fixture
async def shop(owner, desk, partner):
    """Make a mailbox with AS2 and one certificate of its partner."""
    made = await desk.mailboxes.create(COMMAND_LINE, "Shop & Sons", ())
    change = IntegrationChange(
        protocol=Channel.AS2,
        as2={"recipientCertificates": [to_pem(partner.certificate)], "selfId": "SHOP"},
    )
    await desk.integrations.save(COMMAND_LINE, made.id, change)
    return made.id


@pytest.fixture
def here(shop):
    return f"/admin/mailboxes/{shop}/certificates"


@pytest.fixture
def states(desk, shop):
    async def of():
        return [p.state.value for p in (await desk.integrations.get(shop)).pairs]

    return of


def titles(text):
    """Return the name of each certificate of the board."""
    found = re.findall(
        r'<li class="entry".*?<b class="wrap">(.*?)</b>', text, re.DOTALL
    )
    return [html.unescape(each) for each in found]


async def last(desk):
    _, entries = await desk.audit.find(AuditQuery(limit=1))
    return entries[0]


@pytest.mark.usefixtures("shop")
async def test_the_next_to_end_comes_first_and_names_its_mailbox(owner):
    await owner.get(BOARD)
    assert owner.status == 200
    assert titles(owner.text)[0] == "CN=Baltic Retail"
    assert "20 days left" in owner.text
    assert ">Shop &amp; Sons</a>" in owner.text
    assert titles(owner.text)[-1] == "SFTP host key"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=baltic", ["CN=Baltic Retail"]),
        ("q=sons", ["CN=Baltic Retail", "CN=SHOP"]),
        ("purpose=AS2_SELF", ["CN=SHOP"]),
        ("state=soon", ["CN=Baltic Retail"]),
        ("state=fine", ["CN=SHOP", "SFTP host key"]),
        ("state=ended", []),
        ("q=nothing", []),
        ("purpose=OTHER", []),
    ],
)
async def test_the_board_is_filtered(owner, query, found):
    await owner.get(f"{BOARD}?{query}")
    assert titles(owner.text) == found
    assert bool(found) != ("Show all certificates" in owner.text)


@pytest.mark.usefixtures("shop")
async def test_what_has_ended_is_counted_and_said(owner, world):
    world.clock.tick(25 * DAY)
    await owner.sign_in("owner")
    await owner.get(f"{BOARD}?state=ended")
    assert titles(owner.text) == ["CN=Baltic Retail"]
    assert "ended 5 days ago" in owner.text


@pytest.mark.parametrize("form", ["pem", "der", "p7b"])
async def test_every_form_is_downloaded_from_the_board(owner, shop, partner, form):
    await owner.get(BOARD)
    link = re.search(rf'href="({BOARD}/\w+/file\?form={form})"', owner.text)[1]
    answer = await owner.client.get(link)
    wanted = {"pem": partner.pem, "der": partner.der, "p7b": partner.p7b}[form]
    assert await answer.read() == wanted
    assert (await owner.client.get(link.replace(form, "exe"))).status == 404


async def test_many_certificates_are_paged(owner, desk):
    for number in range(6):
        made = await desk.mailboxes.create(COMMAND_LINE, f"Box {number}", ())
        names = [f"CA {number} {letter}" for letter in "ABCDEFGHIJ"]
        pems = [to_pem(make_identity(n, FakeClock().now).certificate) for n in names]
        change = IntegrationChange(as2={"caCertificates": pems})
        await desk.integrations.save(COMMAND_LINE, made.id, change)
    await owner.get(f"{BOARD}?purpose=AS2_CA")
    assert len(titles(owner.text)) == 50
    await owner.get(f"{BOARD}?purpose=AS2_CA&page=2")
    assert len(titles(owner.text)) == 10
    assert "51 to 60 of 60" in owner.text


async def test_a_roll_over_begins_with_the_size_and_validity_chosen(
    owner, here, desk, shop, states
):
    await owner.get(here)
    form = {"keyBits": "3072", "validityDays": "90", "when": "later"}
    await owner.post(f"{here}/rollover", {**form, "overlapDays": "10"})
    assert owner.url == here, owner.text
    assert await states() == ["SIGNING", "NEXT"]
    new = (await desk.integrations.get(shop)).pairs[1]
    assert (new.certificate.bits, new.certificate.days_left) == (3072, 90)
    assert "Roll-over in progress" in owner.text
    entry = await last(desk)
    assert (entry.action, entry.who) == ("as2-rollover-begun", "owner")
    assert len(entry.before["certificates"]) == 1


async def test_the_new_pair_signs_from_the_day_in_the_reader_s_zone(
    owner, here, desk, shop
):
    await owner.get(here)
    form = {"keyBits": "2048", "validityDays": "900", "overlapDays": "30"}
    there = {"zone": "Europe/Kyiv"}
    await owner.post(
        f"{here}/rollover",
        {**form, "when": "day", "signFrom": "2026-02-01"},
        cookies=there,
    )
    new = (await desk.integrations.get(shop)).pairs[1]
    assert new.signs_from.isoformat() == "2026-01-31T22:00:00+00:00"


async def test_now_means_now_and_the_old_one_decrypts_for_the_overlap(
    owner, here, desk, shop, states, world
):
    await owner.get(here)
    form = {"keyBits": "2048", "validityDays": "900", "overlapDays": "7"}
    await owner.post(f"{here}/rollover", {**form, "when": "now"})
    assert await states() == ["OLD", "SIGNING"]
    old = (await desk.integrations.get(shop)).pairs[0]
    assert old.retired_at == world.clock() + 7 * DAY


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("signFrom", "", "The day must be a day"),
        ("signFrom", "2020-01-01", "The day lies in the past"),
        ("validityDays", "0", "Valid for, days must be 1 to 7300"),
        ("validityDays", "x", "must be a whole number"),
        ("overlapDays", "366", "Overlap, days must be 0 to 365"),
        ("keyBits", "1024", "Key size must be one of 2048, 3072, 4096"),
    ],
)
async def test_what_is_wrong_with_a_roll_over_is_told_beside_the_field(
    owner, here, states, field, value, told
):
    await owner.get(here)
    good = {"keyBits": "2048", "validityDays": "900", "overlapDays": "30"}
    good |= {"when": "day", "signFrom": "2026-02-01"}
    await owner.post(f"{here}/rollover", {**good, field: value})
    assert owner.status == 422
    assert told in html.unescape(owner.text)
    assert await states() == ["SIGNING"]


async def test_the_next_pair_is_activated_or_cancelled(
    owner, here, desk, shop, states, world
):
    await desk.as2_identities.roll_over(COMMAND_LINE, shop, RollOver())
    world.clock.tick(timedelta(seconds=1))
    await owner.get(here)
    await owner.post(f"{here}/rollover/activate", {"overlapDays": "-1"})
    assert owner.status == 422
    await owner.post(f"{here}/rollover/activate", {"overlapDays": "5"})
    assert await states() == ["OLD", "SIGNING"]
    await desk.as2_identities.roll_over(COMMAND_LINE, shop, RollOver())
    await owner.post(f"{here}/rollover/cancel")
    assert await states() == ["OLD", "SIGNING"]
    assert (await last(desk)).action == "as2-rollover-cancelled"


async def test_an_old_pair_is_retired(owner, here, desk, shop, states):
    await desk.as2_identities.roll_over(COMMAND_LINE, shop, RollOver(now=True))
    old = next(
        pair
        for pair in (await desk.integrations.get(shop)).pairs
        if pair.state is PairState.OLD
    )
    await owner.get(here)
    await owner.post(f"{here}/rollover/retire", {"pair": old.uuid})
    assert await states() == ["SIGNING"]
    assert (await last(desk)).action == "as2-pair-retired"


async def test_a_partner_s_certificate_is_seen_before_it_is_saved(
    owner, here, desk, shop, successor
):
    await owner.get(here)
    file = BytesIO(successor.der)
    file.name = "new.cer"
    await owner.post(f"{here}/partner/read", [("certificateFile", file)])
    assert "CN=Baltic Retail 2027" in owner.text
    assert "New, not saved yet" in owner.text
    assert len((await desk.integrations.get(shop)).recipients) == 1
    pem = html.unescape(re.search(r'name="certificate" value="([^"]*)"', owner.text)[1])
    await owner.post(f"{here}/partner/add", {"certificate": pem})
    found = [each.subject for each in (await desk.integrations.get(shop)).recipients]
    assert found == ["CN=Baltic Retail", "CN=Baltic Retail 2027"]
    assert (await last(desk)).action == "integration-saved"


async def test_a_pasted_certificate_is_read_and_nonsense_is_told(
    owner, here, successor
):
    await owner.get(here)
    pasted = {"newCertificates": successor.pem.decode()}
    await owner.post(f"{here}/partner/read", pasted)
    assert "New, not saved yet" in owner.text
    await owner.post(f"{here}/partner/read", {"newCertificates": "nonsense"})
    assert owner.status == 422
    assert "no certificate that can be read" in owner.text
    await owner.post(f"{here}/partner/read", {})
    assert owner.status == 422
    await owner.post(f"{here}/partner/add", {"certificate": "nonsense"})
    assert owner.status == 200


async def test_a_partner_s_certificate_is_removed(owner, here, desk, shop):
    await owner.get(here)
    [known] = (await desk.integrations.get(shop)).recipients
    await owner.post(f"{here}/partner/remove", {"fingerprint": "AB:CD"})
    assert len((await desk.integrations.get(shop)).recipients) == 1
    await owner.post(f"{here}/partner/remove", {"fingerprint": known.fingerprint})
    assert (await desk.integrations.get(shop)).recipients == []
    assert "None yet" in owner.text


async def test_a_mailbox_without_as2_says_how_to_get_a_certificate(owner, desk):
    made = await desk.mailboxes.create(COMMAND_LINE, "New", ())
    await owner.get(f"/admin/mailboxes/{made.id}/certificates")
    assert "No certificate yet" in owner.text
    assert "Begin the roll-over" not in owner.text


@pytest.mark.usefixtures("people")
async def test_an_operator_looks_and_changes_nothing(stranger, here, states):
    await stranger.sign_in("operator")
    await stranger.get(here)
    assert stranger.status == 200
    assert "Begin the roll-over" not in stranger.text
    assert "<dialog" not in stranger.text[stranger.text.index("<main") :]
    await stranger.post(f"{here}/rollover", {"when": "now"})
    assert stranger.status == 403
    assert await states() == ["SIGNING"]
