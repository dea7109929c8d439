"""AS2 messages as people see them."""

from gateway.core.as2 import MdnMode
from gateway.core.as2_sent import MdnVerdict, SentMessage
from gateway.core.desk.transfers import As2View, MdnStanding
from gateway.store.as2_messages import StoredMessage

_VERDICTS = {
    MdnVerdict.CONFIRMED: MdnStanding.CONFIRMED,
    MdnVerdict.DENIED: MdnStanding.DENIED,
    MdnVerdict.UNPROVEN: MdnStanding.UNPROVEN,
}
_TAKEN = ("processed", "processed/warning")


def received(message: StoredMessage) -> As2View:
    """Return what is shown of a message that came in, and of our MDN for it."""
    incoming, findings = message.incoming, message.findings
    remark = f" ({findings.remark})" if findings.remark else ""
    return As2View(
        message_id=incoming.message_id,
        sender=incoming.sender,
        receiver=incoming.receiver,
        size=incoming.body.size,
        mic=findings.mic,
        detail=f"{findings.disposition}{remark}",
        mdn=_ours(message),
        mdn_at=message.mdn_sent_at,
        cipher=findings.cipher,
    )


def _ours(message: StoredMessage) -> MdnStanding:
    if message.mdn is None:
        return MdnStanding.NONE
    if message.mdn_sent_at is None:
        return MdnStanding.EXPECTED
    kind = message.findings.disposition.rpartition(";")[2].partition(":")[0].strip()
    return MdnStanding.CONFIRMED if kind in _TAKEN else MdnStanding.DENIED


def sent(message: SentMessage) -> As2View:
    """Return what is shown of a message that we sent, and of the MDN for it."""
    mdn = message.mdn
    awaited = message.mdn_mode is not MdnMode.NONE
    nothing = MdnStanding.EXPECTED if awaited else MdnStanding.NONE
    return As2View(
        message_id=message.message_id,
        sender=message.sender,
        receiver=message.receiver,
        size=message.body.size,
        mic=message.mic,
        detail=mdn.detail if mdn else "",
        mdn=_VERDICTS[mdn.verdict] if mdn else nothing,
        mdn_at=mdn.received_at if mdn else None,
        posts=message.posts,
    )
