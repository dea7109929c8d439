"""The least that a message costs: the bare primitives of `cryptography`, no format.

Beside them our protocol alone: the same message taken and its MDN made, no HTTP, no
disk.
"""

import hashlib
import io
import os
import time

from as2_builders import OPEN, Inbox, Person
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from drive.as2 import As2Mailbox, now

from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.digests import mic_names
from as2_server.protocol.dispositions import PROCESSED
from as2_server.protocol.fields import Fields
from as2_server.protocol.headers import As2Id
from as2_server.protocol.mdn import Report, build_mdn
from as2_server.protocol.messages import Received, Trust
from as2_server.protocol.receive import receive

ROUNDS = 300
WANTED = mic_names(["sha256"])


def cpu_seconds(person: Person, data: bytes) -> float:
    """Return the CPU time of taking one message and signing its MDN.

    RSA decryption of the key, AES-256-CBC, SHA-256 of the content, RSA verification;
    SHA-256 of the MDN, RSA signature.
    """
    private, public, sha256 = person.key, person.key.public_key(), hashes.SHA256()
    key, iv = os.urandom(32), os.urandom(16)
    wrapped = public.encrypt(key, PKCS1v15())
    signature = private.sign(data, PKCS1v15(), sha256)
    content = data.ljust((len(data) + 2200) // 16 * 16)  # with signature and headers
    began = time.process_time()
    for _ in range(ROUNDS):
        found = private.decrypt(wrapped, PKCS1v15())
        cipher = Cipher(AES256(found), modes.CBC(iv)).decryptor()
        cipher.update(content)
        cipher.finalize()
        hashlib.sha256(content).digest()
        public.verify(signature, data, PKCS1v15(), sha256)
        hashlib.sha256(data).digest()
        private.sign(data, PKCS1v15(), sha256)
    return (time.process_time() - began) / ROUNDS


def protocol_seconds(us: Person, box: As2Mailbox, data: bytes) -> float:
    """Return the CPU time of our protocol for the same."""
    posting = box.posting("<protocol@bench>", data)
    trust = Trust(keys=[us.pair], partner=[box.partner.pair.certificate])
    began = time.process_time()
    for _ in range(ROUNDS):
        found = receive(
            Fields.of(posting.headers),
            io.BytesIO(posting.body),
            trust,
            OPEN,
            WANTED,
            Inbox().open,
        )
        if not isinstance(found, Received):
            raise SystemExit(f"what we sent is refused: {found}")
        report = Report(
            disposition=PROCESSED,
            original=posting.message_id,
            message_id="<mdn@bench>",
            sender=As2Id(box.name),
            receiver=As2Id(box.partner_name),
            date=now(),
            mic=found.mic,
        )
        build_mdn(report, SignWith(trust.keys[0], "sha256", now()))
    return (time.process_time() - began) / ROUNDS
