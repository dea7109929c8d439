"""The MDN we send: a multipart/report, signed if it was asked for (RFC 4130, 7.4)."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.digests import Mic, new
from as2_server.protocol.dispositions import Disposition
from as2_server.protocol.headers import As2Id
from as2_server.protocol.reader import Stream
from as2_server.protocol.send import Entity, HeaderPairs, signed

_USER_AGENT = "Envelope-Gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the MDN says.

    *sender* is us, *receiver* who sent the message; *mic* None when nothing was
    verified; *message_id* is the MDN's own, *original* that of the message; *text* is
    for people and tells no secrets.
    """

    disposition: Disposition
    original: str
    message_id: str
    sender: As2Id
    receiver: As2Id
    date: datetime
    mic: Mic | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mdn:
    """HTTP headers and body of an MDN; both are stored and replayed as they are."""

    fields: HeaderPairs
    body: bytes


def build_mdn(report: Report, sign: SignWith | None) -> Mdn:
    """Write the MDN; small enough to be in memory."""
    entity = _report(report)
    if sign:
        entity = signed(entity, sign, new(sign.digest))
    fields = [
        ("AS2-Version", "1.2"),
        ("EDIINT-Features", "multiple-attachments"),
        ("Message-ID", report.message_id),
        ("AS2-From", report.sender.header),
        ("AS2-To", report.receiver.header),
        ("Date", format_datetime(report.date)),
        ("Subject", "Message Disposition Notification"),
        ("MIME-Version", "1.0"),
        *entity.fields,
    ]
    return Mdn(fields, b"".join(entity.body.chunks))


def _report(report: Report) -> Entity:
    boundary = f"=_{secrets.token_hex(16)}"
    notification = [
        f"Reporting-UA: {_USER_AGENT}",
        f"Original-Recipient: rfc822; {report.sender.header}",
        f"Final-Recipient: rfc822; {report.sender.header}",
        f"Original-Message-ID: {report.original}",
        f"Disposition: {report.disposition.text}",
    ]
    if report.mic:
        notification.append(f"Received-Content-MIC: {report.mic.text}")
    lines = [
        f"--{boundary}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        report.text or _sentence(report.disposition),
        "",
        f"--{boundary}",
        "Content-Type: message/disposition-notification",
        "Content-Transfer-Encoding: 7bit",
        "",
        *notification,
        "",
        "",
        f"--{boundary}--",
        "",
    ]
    kind = (
        f'multipart/report; report-type=disposition-notification; boundary="{boundary}"'
    )
    body = "\r\n".join(lines).encode()
    unmeasured = Stream(None, iter((body,)))  # nobody needs to know its size before
    return Entity([("Content-Type", kind)], unmeasured)


def _sentence(disposition: Disposition) -> str:
    if disposition.positive:
        return "The message was received and stored."
    return f"The message was not accepted: {disposition.detail}."
