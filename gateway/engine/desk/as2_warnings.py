"""What is allowed in block 3 (AS2) but should not stay so, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from gateway.core.as2 import LEGACY, NONE, MdnMode
from gateway.core.desk.certificates import CertificateView, PairState, PairView
from gateway.core.errors import N_
from gateway.engine.desk.certificate_views import SMALL_KEY

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
        *_unproven(as2),
        *_ending(own, recipients),
        *_small(recipients),
    ]


def _missing(as2: Mapping[str, Any]) -> Iterator[str]:
    empty = [title for key, title in _NEEDED.items() if not as2[key]]
    if empty:
        yield N_("Nothing can be exchanged yet: fill in {listed}.").format(
            listed=", ".join(empty)
        )


def _weak(as2: Mapping[str, Any]) -> Iterator[str]:
    for key in ("encryptionAlgorithm", "signingAlgorithm"):
        name = as2[key]
        if name in LEGACY:
            yield (
                N_(
                    "{name} is a legacy algorithm; agree with the partner on {better} "
                    "as soon as you can."
                ).format(name=name, better=_BETTER[name])
            )
    if "md5" in as2["legacyAlgorithms"] and as2["signingAlgorithm"] != "md5":
        yield (
            N_(
                "Signatures with MD5 are accepted from this partner; they can be "
                "forged. Take md5 out of the legacy algorithms as soon as you can."
            )
        )


def _open(as2: Mapping[str, Any]) -> Iterator[str]:
    plain = str(as2["recipientUrl"]).startswith("http:")
    if as2["encryptionAlgorithm"] == NONE and plain:
        yield (
            N_(
                "Messages travel unencrypted over http; choose an encryption "
                "algorithm or an https address."
            )
        )
    if as2["signingAlgorithm"] == NONE:
        yield N_("Messages are not signed; the partner cannot tell who sent them.")
    if as2["httpUser"] and plain:
        yield N_("The HTTP password travels unencrypted; use an https address.")
    if not as2["requireSigned"]:
        yield N_(
            "Unsigned messages are accepted; anybody who knows the names can send."
        )
        if str(as2["encryptionAlgorithm"]).endswith("-cbc"):
            yield (
                N_(
                    "An unsigned message in CBC can be changed on its way without the "
                    "key; require signatures, or agree with the partner on aes256-gcm."
                )
            )


def _unproven(as2: Mapping[str, Any]) -> Iterator[str]:
    """Tell that a delivery would rest on the partner's word, or on nothing."""
    if as2["mdn"] == MdnMode.NONE.value:
        yield (
            N_(
                "No MDN is asked for; nothing will prove that the partner has a "
                "message. Ask for a signed one."
            )
        )
    elif not as2["mdnSigned"]:
        yield (
            N_(
                "MDNs need not be signed; an unsigned one proves nothing, anybody can "
                "make it. Ask for signed ones."
            )
        )


def _ending(
    own: Sequence[PairView], recipients: Sequence[CertificateView]
) -> Iterator[str]:
    for pair in own:
        if pair.state is PairState.SIGNING and pair.certificate.warning:
            yield (
                N_(
                    "Self certificate: {warning} Make a new one by roll-over and send "
                    "it to the partner."
                ).format(warning=pair.certificate.warning)
            )
    if own and all(pair.state is not PairState.SIGNING for pair in own):
        yield (
            N_(
                "No self certificate may sign now; make a new one by roll-over, or "
                "activate the one that waits."
            )
        )
    for each in recipients:
        if each.warning:
            yield N_("Recipient certificate {subject}: {warning}").format(
                subject=each.subject, warning=each.warning
            )


def _small(recipients: Sequence[CertificateView]) -> Iterator[str]:
    """Tell of keys and signatures that can be broken; of a key if nothing else did."""
    for each in recipients:
        if 0 < each.bits < SMALL_KEY and f"{each.bits} bits" not in each.warning:
            yield (
                N_(
                    "Recipient certificate {subject}: its key has only {bits} bits; "
                    "ask for one of {least} or more."
                ).format(subject=each.subject, bits=each.bits, least=SMALL_KEY)
            )
        digest = _signed_with(each.pem)
        if digest in LEGACY:
            yield (
                N_(
                    "Recipient certificate {subject}: it is signed with {digest}, "
                    "which can be forged; ask for one signed with sha256 and compare "
                    "its fingerprint with the partner's."
                ).format(subject=each.subject, digest=digest)
            )


def _signed_with(pem: str) -> str:
    """Return the digest of the certificate's own signature, empty if unknown."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode()).signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return found.name if found else ""
