"""What is allowed in block 3 (AS2) but should not stay so, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.core.as2 import LEGACY, NONE
from gateway.core.desk.certificates import CertificateView, PairState, PairView

_BETTER = {
    "3des-cbc": "aes256-cbc",
    "sha1": "sha256",
    "md5": "sha256",
}
_NEEDED = {
    "recipientUrl": "Recipient URL",
    "recipientId": "Recipient ID",
    "recipientCertificates": "Recipient certificate",
}


def warnings(
    as2: Mapping[str, Any],
    own: Sequence[PairView],
    recipients: Sequence[CertificateView],
) -> Sequence[str]:
    """Return the warnings; *as2* is whole, under the names of the API."""
    return [
        *_missing(as2),
        *_weak(as2),
        *_open(as2),
        *_ending(own, recipients),
    ]


def _missing(as2: Mapping[str, Any]) -> Iterator[str]:
    empty = [title for key, title in _NEEDED.items() if not as2[key]]
    if empty:
        yield f"Nothing can be exchanged yet: fill in {', '.join(empty)}."


def _weak(as2: Mapping[str, Any]) -> Iterator[str]:
    for key in ("encryptionAlgorithm", "signingAlgorithm"):
        name = as2[key]
        if name in LEGACY:
            yield (
                f"{name} is a legacy algorithm; agree with the partner on "
                f"{_BETTER[name]} as soon as you can."
            )
    if "md5" in as2["legacyAlgorithms"] and as2["signingAlgorithm"] != "md5":
        yield (
            "Signatures with MD5 are accepted from this partner; they can be forged. "
            "Take md5 out of the legacy algorithms as soon as you can."
        )


def _open(as2: Mapping[str, Any]) -> Iterator[str]:
    plain = str(as2["recipientUrl"]).startswith("http:")
    if as2["encryptionAlgorithm"] == NONE and plain:
        yield (
            "Messages travel unencrypted over http; choose an encryption algorithm or "
            "an https address."
        )
    if as2["signingAlgorithm"] == NONE:
        yield "Messages are not signed; the partner cannot tell who sent them."
    if as2["httpUser"] and plain:
        yield "The HTTP password travels unencrypted; use an https address."
    if not as2["requireSigned"]:
        yield "Unsigned messages are accepted; anybody who knows the names can send."


def _ending(
    own: Sequence[PairView], recipients: Sequence[CertificateView]
) -> Iterator[str]:
    for pair in own:
        if pair.state is PairState.SIGNING and pair.certificate.warning:
            yield (
                f"Self certificate: {pair.certificate.warning} Make a new one by "
                "roll-over and send it to the partner."
            )
    if own and all(pair.state is not PairState.SIGNING for pair in own):
        yield (
            "No self certificate may sign now; make a new one by roll-over, or "
            "activate the one that waits."
        )
    for each in recipients:
        if each.warning:
            yield f"Recipient certificate {each.subject}: {each.warning}"
