"""AS2 as a partner does it: a mailbox with its partner's keys, messages, MDNs."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from as2_builders import Person, a_person
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from drive.world import World

from as2_server.protocol.cms.encrypt import EncryptFor
from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.digests import Mic
from as2_server.protocol.headers import As2Id
from as2_server.protocol.keys import Certificate
from as2_server.protocol.send import Addressing, Document, Protection, Receipt, build
from as2_server.protocol.verdict import Expected, Verdict, judge
from gateway.core.model import FileName

Pairs = Sequence[tuple[str, str]]


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the gateway's clock is the real one


@dataclass(frozen=True)
class Posting:
    """A message ready to be posted, and the MIC that its MDN must show."""

    message_id: str
    headers: Pairs
    body: bytes
    mic: Mic


@dataclass(frozen=True)
class As2Mailbox:
    """A mailbox whose partner is `partner`; *url* is its Self URL."""

    uuid: str
    name: str
    partner_name: str
    partner: Person
    url: str
    certificate: Certificate

    def expected(self, posting: Posting) -> Expected:
        return Expected(
            message_id=posting.message_id,
            sender=As2Id(self.partner_name),
            receiver=As2Id(self.name),
            mic=posting.mic,
            signed=True,
            certificates=[self.certificate],
        )

    def verdict(self, posting: Posting, headers: Pairs, body: bytes) -> Verdict:
        """Judge the MDN as strictly as we judge our partners'."""
        return judge(headers, body, self.expected(posting))

    def posting(self, message_id: str, data: bytes, name: str = "order.xml") -> Posting:
        """Build a message to the mailbox: signed, encrypted, signed MDN wanted."""
        document = Document(
            source=io.BytesIO(data),
            size=len(data),
            name=FileName(name),
            content_type="application/xml",
        )
        protection = Protection(
            sign=SignWith(self.partner.pair, "sha256", now()),
            encrypt=EncryptFor([self.certificate], "aes256-cbc"),
        )
        addressing = Addressing(
            message_id=message_id,
            sender=As2Id(self.partner_name),
            receiver=As2Id(self.name),
            date=now(),
            receipt=Receipt(),
        )
        out = io.BytesIO()
        built = build(document, protection, out)
        headers = [*addressing.fields(), *built.fields]
        return Posting(message_id, headers, out.getvalue(), built.mic)


def as2_mailbox(world: World, name: str, recipient_url: str, **as2: Any) -> As2Mailbox:
    """Make a mailbox, switch its AS2 on, and its partner with a new key."""
    partner_name = f"{name} partner"
    partner = a_person(partner_name)
    pem = partner.certificate.public_bytes(Encoding.PEM).decode()
    box = world.api.post("/api/v1/mailboxes", {"name": name, "aliases": []})["uuid"]
    answer = world.api.put(
        f"/api/v1/mailboxes/{box}/integration",
        {
            "enabled": True,
            "protocol": "AS2",
            "as2": {
                "recipientUrl": recipient_url,
                "recipientId": partner_name,
                "recipientCertificates": [pem],
                **as2,
            },
        },
    )["as2"]
    loaded = x509.load_pem_x509_certificate(answer["selfCertificate"].encode())
    return As2Mailbox(
        uuid=box,
        name=answer["selfId"],
        partner_name=partner_name,
        partner=partner,
        url=answer["selfUrl"],
        certificate=Certificate.of(loaded),
    )
