"""A rejected message in the owner's words: a stable code, and what to do."""

import re

from as2_server.protocol.dispositions import (
    AUTHENTICATION_FAILED,
    DECOMPRESSION_FAILED,
    DECRYPTION_FAILED,
    INSUFFICIENT_SECURITY,
    INTEGRITY_FAILED,
    UNSUPPORTED_FORMAT,
    UNSUPPORTED_MIC,
    Disposition,
)
from as2_server.protocol.messages import Rejected
from gateway.core.errors import N_
from gateway.core.model import Problem

_REMEDIES = {
    AUTHENTICATION_FAILED: N_(
        "Compare Self ID, Recipient ID and the recipient "
        "certificates in the AS2 settings with what the partner uses."
    ),
    DECRYPTION_FAILED: N_(
        "Send the partner the self certificate of this mailbox again; "
        "it must encrypt for that one."
    ),
    DECOMPRESSION_FAILED: N_("Ask the partner to send without compression."),
    INSUFFICIENT_SECURITY: N_(
        "Ask the partner to sign and encrypt, or change what the AS2 settings require."
    ),
    INTEGRITY_FAILED: N_(
        "The message was changed on its way, or signed wrongly: ask the "
        "partner to send it again."
    ),
    UNSUPPORTED_FORMAT: N_(
        "Ask the partner for a format and algorithms that the AS2 settings allow."
    ),
    UNSUPPORTED_MIC: N_("Ask the partner to accept sha-256 for the MDN."),
}
_OTHERWISE = N_("Tell the partner; a message that was refused may be sent again.")


def problem(rejected: Rejected) -> Problem:
    """Return the problem that the failed transfer shows."""
    disposition = rejected.cause or rejected.disposition
    return Problem(
        _code(disposition),
        rejected.detail,
        "receive",
        remedy=_REMEDIES.get(disposition, _OTHERWISE),
    )


def _code(disposition: Disposition) -> str:
    slug = re.sub(r"[^a-z]+", "-", disposition.detail.lower()).strip("-")
    return f"as2-{slug}"
