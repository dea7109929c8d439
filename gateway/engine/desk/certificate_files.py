"""Certificates as files: named, in the form somebody's program reads."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import assert_never

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import Certificate

from gateway.core.desk.certificates import CertificateForm
from gateway.core.desk.content import Content

_FORMS: Mapping[CertificateForm, tuple[str, str]] = {
    CertificateForm.PEM: ("pem", "application/x-pem-file"),
    CertificateForm.DER: ("cer", "application/pkix-cert"),
    CertificateForm.P7B: ("p7b", "application/x-pkcs7-certificates"),
}


def as_file(certificate: Certificate, name: str, form: CertificateForm) -> Content:
    """Return the certificate as a file; what no system can store leaves its name."""
    ending, kind = _FORMS[form]
    data = _formed(certificate, form)
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")
    return Content(
        name=f"{safe or 'certificate'}.{ending}",
        content_type=kind,
        size=len(data),
        chunks=_once(data),
    )


def _formed(certificate: Certificate, form: CertificateForm) -> bytes:
    match form:
        case CertificateForm.PEM:
            return certificate.public_bytes(Encoding.PEM)
        case CertificateForm.DER:
            return certificate.public_bytes(Encoding.DER)
        case CertificateForm.P7B:
            return pkcs7.serialize_certificates([certificate], Encoding.DER)
        case _:
            assert_never(form)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
