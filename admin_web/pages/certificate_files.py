"""Certificates as people hand them over: chosen files, pasted text; facts before."""

import base64
from collections.abc import Sequence

from admin_web.pages.page import Visit
from admin_web.pages.texts import N_
from gateway.core.desk.certificates import CertificateForm, CertificateView
from gateway.core.errors import Invalid, NotFound

PEM = b"-----BEGIN"


def given(visit: Visit) -> Sequence[CertificateView]:
    """Return what the chosen files and the pasted text hold; Invalid if it is none."""
    pasted = visit.form.text("newCertificates")
    bodies = [*visit.form.files("certificateFile")]
    if pasted:
        bodies.append(pasted.encode())
    parse = visit.desk.certificates.parse
    return [each for body in bodies for each in parse(_readable(body))]


def form_of(visit: Visit) -> CertificateForm:
    """Return the form that `form` in the query names; NotFound for another word."""
    try:
        return CertificateForm(visit.request.query.get("form", "pem"))
    except ValueError as error:
        raise NotFound(N_("A certificate is given as pem, der or p7b.")) from error


def again(visit: Visit, pems: Sequence[str]) -> Sequence[CertificateView]:
    """Return the facts of what a form of ours brought back."""
    found: list[CertificateView] = []
    for pem in pems:
        try:
            found += visit.desk.certificates.parse(pem.encode())
        except Invalid:
            continue  # only somebody who changed the page sends this
    return found


def _readable(body: bytes) -> bytes:
    """Return DER as base64, as the desk reads it; PEM and text stay."""
    if PEM in body:
        return body
    try:
        body.decode("ascii")
    except UnicodeDecodeError:
        return base64.b64encode(body)
    return body
