"""The zip that settles a dispute: what was sent, who signed it, what was answered."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.core.as2_log import Exhibit, HeaderPairs
from gateway.engine.desk.evidence_texts import README, VERIFY

CHUNK = 1 << 18
_SIX = 6
_FIRST_YEAR = 1980  # no zip knows earlier ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Something that was posted, with what openssl needs to check its signature.

    *content* is what was signed, or else what the MIC was taken of; None if no key
    opens the message any more.
    """

    headers: HeaderPairs
    body: Path | bytes
    signer: bytes | None
    content: Path | None
    exhibit: Exhibit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One AS2 message and the MDN for it; *certificates* are DER."""

    message: Signed
    mdn: Signed | None
    message_id: str
    mic: str
    certificates: Sequence[bytes]
    facts: Mapping[str, object]


@dataclass(slots=True)
class _Writer:
    zip: zipfile.ZipFile
    at: datetime
    sums: list[str] = field(default_factory=list)

    def add(self, name: str, source: Path | bytes | str) -> None:
        """Add a file and its digest."""
        info = zipfile.ZipInfo(name, self._date())
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
        with self.zip.open(info, "w", force_zip64=True) as target:
            digest = _copied(source, target)
        self.sums.append(f"{digest}  {name}\n")

    def _date(self) -> tuple[int, int, int, int, int, int]:
        year, *rest = self.at.timetuple()[:_SIX]
        month, day, hour, minute, second = rest
        return max(year, _FIRST_YEAR), month, day, hour, minute, second


def write(
    target: IO[bytes], document: tuple[str, Path], cases: Sequence[Case], at: datetime
) -> None:
    """Write the zip; *document* is the transfer's file: its name, where it lies."""
    with zipfile.ZipFile(target, "w") as made:
        writer = _Writer(made, at)
        name, file = document
        writer.add(f"document/{name}", file)
        for number, case in enumerate(cases, 1):
            _add_case(writer, f"message-{number}", case)
        writer.add("README.txt", README)
        sums = "".join(writer.sums)
        writer.add("SHA256SUMS", sums)
        writer.add("verify.sh", VERIFY)


def _add_case(writer: _Writer, folder: str, case: Case) -> None:
    _add_signed(writer, folder, case.message)
    writer.add(f"{folder}/message-id.txt", f"{case.message_id}\n")
    if case.mic:
        writer.add(f"{folder}/mic.txt", f"{case.mic}\n")
    facts = json.dumps(case.facts, indent=2, ensure_ascii=False)
    writer.add(f"{folder}/times.json", f"{facts}\n")
    for number, der in enumerate(case.certificates, 1):
        writer.add(f"{folder}/certificates/{number}.pem", _pem(der))
    if case.mdn:
        _add_signed(writer, f"{folder}/mdn", case.mdn)


def _add_signed(writer: _Writer, folder: str, signed: Signed) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed.headers)
    writer.add(f"{folder}/headers.txt", lines)
    writer.add(f"{folder}/body.bin", signed.body)
    if signed.content is not None:
        writer.add(f"{folder}/content.bin", signed.content)
    if signed.exhibit and (place := signed.exhibit.document):
        text = f"{place.start} {place.size} {place.encoding}".rstrip()
        writer.add(f"{folder}/placement.txt", f"{text}\n")
        if place.pieces:
            pieces = "".join(f"{start} {size}\n" for start, size in place.pieces)
            writer.add(f"{folder}/deflated.txt", pieces)
    if signed.exhibit and signed.exhibit.signature and signed.signer:
        kind = "p7s" if signed.exhibit.detached else "p7m"
        writer.add(f"{folder}/signature.{kind}", signed.exhibit.signature)
        writer.add(f"{folder}/signer.pem", _pem(signed.signer))


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def _copied(source: Path | bytes | str, target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    if isinstance(source, Path):
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                target.write(chunk)
        return digest.hexdigest()
    data = source.encode() if isinstance(source, str) else source
    digest.update(data)
    target.write(data)
    return digest.hexdigest()
