"""A received message: decrypted, verified, inflated, its payloads written, in one pass.

The order of the layers is encryption, compression, signature, compression, payload;
each may be missing (RFC 4130 section 5.3, RFC 5402). What is written is worth something
only if the answer is `Received`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from as2_server.protocol.ber import OID, SEQUENCE, BerReader
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.cms.compressed import inflated
from as2_server.protocol.cms.enveloped import EnvelopedReader, UndecipherableError
from as2_server.protocol.cms.signed import (
    Signatures,
    SignedReader,
    parse_detached,
)
from as2_server.protocol.cms.verify import MissingDigest, UnknownSigner, verify
from as2_server.protocol.digests import (
    DEFAULT,
    STRONGEST_FIRST,
    Mic,
    MicName,
    Tally,
    mic_names,
    strongest,
)
from as2_server.protocol.dispositions import (
    UNSUPPORTED_FORMAT,
    BelowPolicy,
    ProtocolError,
    TooLarge,
)
from as2_server.protocol.fields import Fields, printable
from as2_server.protocol.filename import file_name
from as2_server.protocol.keys import Certificate
from as2_server.protocol.messages import (
    Body,
    OpenPayload,
    Payload,
    Policy,
    Received,
    Rejected,
    Trust,
)
from as2_server.protocol.mime import Multipart, armoured, decoded, read_fields
from as2_server.protocol.reader import Reader, tap

MAX_SIGNATURE = 2 << 20
"""Bytes of the part that holds a detached signature."""
CMS = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
SEVERAL = {"multipart/related", "multipart/mixed"}
_CONTENT_INFO_START = 32
_WAYS = ("", "the signature leaves out the last CRLF", "the signature adds a CRLF")


def receive(
    fields: Fields,
    body: Body,
    trust: Trust,
    policy: Policy,
    wanted: Sequence[MicName],
    open_payload: OpenPayload,
) -> Received | Rejected:
    """Unwrap the message; *wanted* are the digests asked for in the MDN request."""
    digests: frozenset[str] = frozenset()
    while True:
        body.seek(0)
        work = _Unwrapping(trust, policy, tuple(wanted), open_payload, digests)
        try:
            work.entity(fields, Reader.of(body))
            return work.result()
        except MissingDigest as error:
            if digests:
                return Rejected(error.disposition, error.message)
            digests = frozenset(STRONGEST_FIRST)  # the announced one was wrong: again
        except UndecipherableError as error:
            return Rejected(error.disposition, error.message, error.cause)
        except ProtocolError as error:
            return Rejected(error.disposition, error.message)


@dataclass(slots=True)
class _Unwrapping:
    """The state of one pass over a message."""

    trust: Trust
    policy: Policy
    wanted: tuple[MicName, ...]
    open_payload: OpenPayload
    extra: frozenset[str]

    payloads: list[Payload] = field(default_factory=list)
    written: int = 0
    cipher: str = ""
    compressed: bool = False
    signer: Certificate | None = None
    signing: bool = False
    remark: str = ""
    tally: Tally = field(default_factory=lambda: Tally(()))
    mic: Mic | None = None

    def entity(self, fields: Fields, reader: Reader) -> None:
        """Take one layer off."""
        main = fields.content_type.main
        if main == "multipart/signed":
            self._detached(fields, reader)
        elif main in CMS:
            self._cms(armoured(reader, fields.transfer_encoding))
        else:
            self._content(fields, reader)

    def result(self) -> Received:
        """Return what came of it; of an unsigned message the MIC is still open."""
        name = self._mic_name()
        return Received(
            payloads=self.payloads,
            mic=self.mic or self.tally.mic(name),
            signer=self.signer,
            cipher=self.cipher,
            compressed=self.compressed,
            remark=self.remark,
        )

    def _mic_name(self) -> MicName:
        return strongest(self.wanted, self.policy.digests) or MicName(DEFAULT, DEFAULT)

    def _cms(self, reader: Reader) -> None:
        """Ask the structure itself what it is: `smime-type` is not always right."""
        kind = cms_type(reader)
        if kind in {alg.ENVELOPED, alg.AUTH_ENVELOPED}:
            self._enveloped(reader)
        elif kind == alg.COMPRESSED:
            self._compressed(reader)
        elif kind == alg.SIGNED:
            self._opaque(reader)
        else:
            raise ProtocolError(
                "The CMS content is of no known type.", UNSUPPORTED_FORMAT
            )

    # --- Encryption ---------------------------------------------------------------

    def _enveloped(self, reader: Reader) -> None:
        if self.cipher or self.signing or self.compressed:
            raise ProtocolError("Encryption must be the outermost layer.")
        layer = EnvelopedReader(reader, self.trust.keys, self.policy.ciphers)
        self.cipher = layer.kind.name
        chunks = layer.content()
        try:
            self._inside(Reader(chunks), encrypted=True)
        except MissingDigest:  # no answer yet: it is read once more
            raise
        except ProtocolError as error:
            for _ in chunks:  # to the end: a wrong padding or tag counts more
                pass
            raise _blurred(error, layer) from error

    def _inside(self, reader: Reader, *, encrypted: bool = False) -> None:
        """Go on with the MIME entity inside of encryption or compression."""
        if not self.signing:
            self.tally = Tally({self._mic_name().digest})
            reader = Reader(tap(reader.rest(), self.tally.update))
        fields = read_fields(reader)
        if encrypted and not _begins_like_mime(fields):
            raise UndecipherableError("What was decrypted is no MIME entity.")
        if encrypted and fields.content_type.main in {*CMS, "multipart/signed"}:
            _must_be_ascii(fields)
        self.entity(fields, reader)
        for chunk in reader.rest():
            if chunk.strip(b"\r\n\t "):
                raise ProtocolError("There is something behind the message.")

    # --- Compression --------------------------------------------------------------

    def _compressed(self, reader: Reader) -> None:
        if self.compressed:
            raise ProtocolError("The message is compressed twice.")
        self.compressed = True
        self.tally.stop()
        # MIME headers and transfer encodings come on top of the payload
        room = 2 * self.policy.max_payload + (1 << 20)
        self._inside(Reader(inflated(reader, room, self.policy.max_ratio)))

    # --- Signature ----------------------------------------------------------------

    def _detached(self, fields: Fields, reader: Reader) -> None:
        announced = mic_names(fields.content_type.get("micalg").split(","))
        tally = self._begin_signature(name.digest for name in announced)
        parts = Multipart(reader, fields.content_type)
        self._signed_entity(_part(parts.next()), tally)
        signature = _part(parts.next())
        fields = read_fields(signature)
        if self.cipher:
            _must_be_ascii(fields)
        encoded = armoured(signature, fields.transfer_encoding).all(MAX_SIGNATURE)
        signatures = parse_detached(encoded)
        if parts.next() is not None:
            raise ProtocolError("The multipart/signed has more than two parts.")
        self._verify(signatures, tally, announced)

    def _opaque(self, reader: Reader) -> None:
        signed = SignedReader(reader)
        tally = self._begin_signature(signed.digests)
        self._signed_entity(Reader(signed.content()), tally)
        self._verify(signed.signatures(), tally, ())

    def _begin_signature(self, announced: Iterable[str]) -> Tally:
        if self.signing:
            raise ProtocolError("The message is signed twice.")
        self.signing = True
        self.tally.stop()
        wanted = strongest(self.wanted, self.policy.digests)
        names = set(announced) or {DEFAULT}
        return Tally(names | self.extra | ({wanted.digest} if wanted else set()))

    def _signed_entity(self, content: Reader, tally: Tally) -> None:
        reader = Reader(tap(content.rest(), tally.update))
        self.entity(read_fields(reader), reader)
        for _ in reader.rest():
            pass

    def _verify(
        self, signatures: Signatures, tally: Tally, announced: Sequence[MicName]
    ) -> None:
        variants = tally.variants()
        found = verify(signatures, variants, self.trust.partner, self.policy.digests)
        self.signer, self.remark = found.certificate, _WAYS[found.variant]
        same = [name for name in self.wanted if name.digest == found.digest]
        spelt = [name for name in announced if name.digest == found.digest]
        name = (
            next(iter(same), None)
            or strongest(self.wanted, self.policy.digests)
            or next(iter(spelt), MicName(found.digest, found.digest))
        )
        value = variants[found.variant][name.digest]
        self.mic = Mic(name.digest, value, name.spelling)

    # --- Payload ------------------------------------------------------------------

    def _content(self, fields: Fields, reader: Reader) -> None:
        """Write the payload, or each of several (RFC 6362)."""
        self._must_be_secure()
        if not (
            self.signing or self.cipher or self.compressed
        ):  # RFC 4130 section 7.3.1
            self.tally = Tally({self._mic_name().digest})
            reader = Reader(tap(reader.rest(), self.tally.update))
        if fields.content_type.main not in SEVERAL:
            self._payload(fields, reader)
            return
        parts = Multipart(reader, fields.content_type)
        while part := parts.next():
            if len(self.payloads) >= self.policy.max_attachments:
                raise TooLarge(
                    f"The message has more than {self.policy.max_attachments} parts."
                )
            self._payload(read_fields(part), part)
        if not self.payloads:
            raise ProtocolError("The multipart has no parts.", UNSUPPORTED_FORMAT)
        for _ in reader.rest():
            pass

    def _must_be_secure(self) -> None:
        if self.policy.require_encrypted and not self.cipher:
            raise BelowPolicy("The message is not encrypted, but must be.")
        if self.policy.require_signed and not self.signing:
            raise BelowPolicy("The message is not signed, but must be.")

    def _payload(self, fields: Fields, reader: Reader) -> None:
        sink = self.open_payload(len(self.payloads))
        size = 0
        for chunk in decoded(reader, fields.transfer_encoding):
            size += len(chunk)
            self.written += len(chunk)
            if self.written > self.policy.max_payload:
                limit = self.policy.max_payload
                raise TooLarge(f"The payload exceeds {limit} bytes.")
            sink.write(chunk)
        kind = printable(fields.get("Content-Type"))
        self.payloads.append(Payload(file_name(fields), kind, size))


def _part(part: Reader | None) -> Reader:
    if part is None:
        raise ProtocolError("The multipart/signed has fewer than two parts.")
    return part


def _blurred(error: ProtocolError, layer: EnvelopedReader) -> ProtocolError:
    """Hide what is wrong inside of encryption that is not authenticated.

    Different answers to different damage would let a stranger decrypt byte by byte
    (Vaudenay 2002). So would a word about policy: spliced blocks that are still MIME
    are "not signed", others are not. The detail and cause for the owner stay. A signer
    who proved to hold an unknown certificate's key tells nothing about that, nor does
    anything under a tag.
    """
    proven = isinstance(error, UnknownSigner) and error.genuine
    if layer.kind.authenticated or proven:
        return error
    return UndecipherableError(error.message, error.disposition)


def _begins_like_mime(fields: Fields) -> bool:
    """Whether this can be a decrypted entity: the first field is one of MIME's."""
    first = next((name.lower() for name, _ in fields.items), "")
    return first.startswith(("content-", "mime-version"))


def _must_be_ascii(fields: Fields) -> None:
    """Refuse header fields into which ciphertext was spliced.

    No signature covers these. If garbage in them were let pass, a stranger could put
    any block of CBC there, and learn from what is accepted where it has a line end.
    """
    text = "".join(f"{name}{value}" for name, value in fields.items)
    if not (text.isascii() and text.replace("\t", "").isprintable()):
        raise UndecipherableError("A header inside of the encryption is damaged.")


def cms_type(reader: Reader) -> bytes:
    """Return the encoded identifier that a ContentInfo begins with, without taking."""
    start = reader.peek(_CONTENT_INFO_START)
    ber = BerReader(Reader((start,)))
    ber.open(SEQUENCE)
    return ber.item(_CONTENT_INFO_START).expect(OID).whole
