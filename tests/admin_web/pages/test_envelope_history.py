"""What became of an envelope, in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from admin_web.pages.envelope_history import history
from gateway.core.desk.envelopes import EnvelopeRow, EnvelopeView, Party, Scope
from gateway.core.desk.transfers import TransferView
from gateway.core.envelope import Draft, EnvelopeStatus
from gateway.core.model import BlobRef, Channel, Direction, Problem, TransferState

START = datetime(2026, 10, 12, 9, tzinfo=UTC)
SELLER = Party(
    mailbox="seller",
    name="Seller",
    scope=Scope.INBOX,
    roles=["seller"],
    status=EnvelopeStatus.COMPLETED,
    how="",
    status_at=START + timedelta(hours=3),
)
ROW = EnvelopeRow(
    envelope="e",
    scope=Scope.INBOX,
    subject="",
    message="",
    status=EnvelopeStatus.WAITING,
    how="",
    sender="shop",
    sender_name="Shop",
    recipients=["Seller"],
    template="t",
    template_version="v",
    template_name="Order",
    chain=None,
    reject_reason="",
    created_at=START,
    status_at=START + timedelta(days=30),
    expires_at=None,
)
FILE = TransferView(
    id="1",
    mailbox="seller",
    direction=Direction.DELIVERED,
    protocol=Channel.AS2,
    folder="",
    file_name="order.xml",
    content_type="",
    blob=BlobRef("0" * 64, 1),
    state=TransferState.DELIVERED,
    problem=None,
    envelopes=["e"],
    attempts=1,
    created_at=START + timedelta(hours=1),
)


def told(transfers=(), row=ROW, **party):
    """Return the texts, filled in, in their order."""
    view = EnvelopeView(
        row=row,
        draft=Draft(template="t", template_version="v"),
        parties=[replace(SELLER, **party)],
        attachments=[],
        transfers=[each.id for each in transfers],
    )
    return [
        (event.text % event.words, event.tone, event.detail)
        for event in history(view, transfers)
    ]


def test_a_delivery_is_told_with_its_proof():
    assert told([FILE], how="delivered: MDN verified") == [
        ("Sent by Shop", "ok", ""),
        ("The file order.xml was made for the remote server", "ok", ""),
        ("Delivered to the remote server of Seller", "ok", "MDN verified"),
    ]


def test_a_delivery_that_failed_says_why():
    failed = replace(
        FILE,
        state=TransferState.FAILED,
        problem=Problem("mdn-missing", "no MDN came", "deliver"),
        finished_at=START + timedelta(hours=2),
    )
    assert told([failed])[-1] == ("Its delivery by AS2 failed", "err", "no MDN came")


def test_the_file_that_it_was_made_of_is_told_to_who_sent_it():
    received = replace(FILE, direction=Direction.RECEIVED, created_at=START)
    assert told([received])[1][0] == "The file order.xml was received by AS2"


def test_who_decided_is_told():
    for how, text, tone in (
        ("accepted by anna", "Accepted for Seller by anna", "ok"),
        ("rejected by anna", "Rejected for Seller by anna", "err"),
        (
            "rejected by the default rule",
            "Rejected by the default rule of Seller",
            "err",
        ),
    ):
        assert told(how=how)[-1] == (text, tone, "")
    assert told(how="by other means")[-1][2] == "by other means"


def test_who_only_learned_of_the_end_did_not_decide():
    assert told(status=EnvelopeStatus.CANCELLED) == [("Sent by Shop", "ok", "")]


def test_the_end_of_the_time_is_a_step_too():
    row = replace(ROW, status=EnvelopeStatus.EXPIRED)
    assert told(row=row, status=EnvelopeStatus.EXPIRED)[-1] == ("Expired", "warn", "")
