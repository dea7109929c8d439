"""What other implementations are known to get wrong, each done right over HTTP.

The list comes from trying pyas2lib and from threads about other products.
"""

import base64
import hashlib
import re

import pytest
from as2_builders import a_wire
from as2_line import OUR_NAME, PARTNER_NAME, Pairs, as2_line, partner_server
from asn1crypto import cms
from partners.cells import Names
from partners.openssl import OPENSSL, OpenSsl, compressed
from partners.taking import Taking

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not OPENSSL, reason="no openssl command here"),
]

TYPE = b"Content-Type: application/xml"
ADDRESS = [
    ("AS2-Version", "1.1"),
    ("Message-ID", "<1@x>"),
    ("AS2-From", PARTNER_NAME),
    ("AS2-To", OUR_NAME),
    ("Disposition-Notification-To", "x@y"),
]
OPTIONS = "Disposition-Notification-Options"
PKCS7 = "signed-receipt-protocol=optional, pkcs7-signature"


@pytest.fixture
def openssl(tmp_path_factory, us, them) -> OpenSsl:
    return OpenSsl(them, us, tmp_path_factory.mktemp("openssl"))


@pytest.fixture
async def line(db, tmp_path, clock, people):
    async with as2_line(db, tmp_path, clock, *people) as line:
        yield line


def post_of(entity: bytes) -> tuple[Pairs, bytes]:
    head, _, body = entity.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")]
    return [*ADDRESS, *((name, value) for name, _, value in lines)], body


def field(body: bytes, name: str) -> str:
    found = re.search(rf"^{name}: ([^\r\n]*)".encode(), body, re.MULTILINE)
    return found[1].decode() if found else ""


RELATED = (
    b'Content-Type: multipart/related; boundary="in"\r\n\r\n'
    b"--in\r\nContent-Type: application/xml\r\n\r\n<a/>\r\n"
    b"--in\r\nContent-Type: application/edi-x12\r\n\r\nISA*\r\n--in--\r\n"
)
SIGNED = {
    "two documents": (RELATED, [b"<a/>", b"ISA*"]),
    "no space behind the colon": (b"Content-Type:text/xml\r\n\r\n<a/>", [b"<a/>"]),
    "LF, no transfer encoding": (
        TYPE + b"\r\n\r\n<a>\n<b/>\n</a>",
        [b"<a>\n<b/>\n</a>"],
    ),
    "8bit, CR and LF mixed": (
        TYPE + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<a>\n<b/>\r\xe4</a>",
        [b"<a>\n<b/>\r\xe4</a>"],
    ),
    "base64": (
        TYPE + b"\r\nContent-Transfer-Encoding: base64\r\n\r\nPGEvPg==\r\n",
        [b"<a/>"],
    ),
    "quoted-printable": (
        TYPE + b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<a b=3D'c'/>",
        [b"<a b='c'/>"],
    ),
    "a part without headers": (b"\r\nISA*00*~\r\n", [b"ISA*00*~\r\n"]),
    "the boundary of another part": (TYPE + b"\r\n\r\n--X\r\n--Y--", [b"--X\r\n--Y--"]),
}


@pytest.mark.parametrize(("entity", "payloads"), SIGNED.values(), ids=SIGNED)
async def test_a_signed_part_of_any_make_is_verified_and_arrives_whole(
    entity, payloads, line, openssl
):
    reply = await line.post(*post_of(openssl.signed(entity)))
    assert field(reply.body, "Disposition").endswith("; processed")
    assert await line.payloads("<1@x>") == payloads
    digest = base64.b64encode(hashlib.sha256(entity).digest()).decode()
    assert field(reply.body, "Received-Content-MIC") == f"{digest}, sha-256"


@pytest.mark.parametrize(
    ("wish", "digest"),
    [
        (f"{PKCS7}; signed-receipt-micalg=optional, sha256, sha1", "sha256"),
        (f"{PKCS7}; signed-receipt-micalg=optional, sha1, sha512", "sha512"),
        (f"signed-receipt-micalg=optional, sha1; {PKCS7}", "sha1"),
        (f"{PKCS7}; signed-receipt-micalg=optional, sha3-256", "sha-256"),
        (f"{PKCS7}; signed-receipt-micalg=optional, sha256;", "sha256"),
        (f"{PKCS7};signed-receipt-micalg=OPTIONAL,SHA-384", "SHA-384"),
    ],
)
async def test_the_digest_of_the_mdn_is_the_strongest_that_was_listed(
    wish, digest, line, openssl
):
    fields, body = post_of(openssl.signed(TYPE + b"\r\n\r\n<a/>"))
    reply = await line.post([*fields, (OPTIONS, wish)], body)
    assert field(reply.body, "Received-Content-MIC").partition(", ")[2] == digest
    kind = dict(reply.headers)["Content-Type"]
    assert kind.startswith("multipart/signed")
    spelt = re.search("micalg=([^;]*)", kind)
    assert spelt
    assert spelt[1].replace("-", "") == digest.replace("-", "").lower()


@pytest.mark.parametrize("missing", ["AS2-To", "AS2-From", "Message-ID"])
async def test_a_missing_header_is_named(missing, line):
    fields = [pair for pair in ADDRESS if pair[0] != missing]
    reply = await line.post([*fields, ("Content-Type", "text/plain")], b"hi")
    assert reply.status == 400
    assert missing in reply.body.decode()
    assert await line.rows("transfers") == []


@pytest.mark.parametrize(
    "kind",
    [
        "application/pkcs7-mime; name=smime.p7m",
        "application/x-pkcs7-mime; smime-type=enveloped-data",
        "application/pkcs7-mime; smime-type=ENVELOPED-DATA",
        "Application/PKCS7-MIME",
    ],
)
async def test_encrypted_is_what_is_encrypted_whatever_it_is_called(kind, line, us):
    wire = a_wire(b"hello\n", None, us, content_type="text/plain", name="inner.txt")
    reply = await line.post([*ADDRESS, ("Content-Type", kind)], wire.body)
    assert field(reply.body, "Disposition").endswith("; processed")
    assert await line.payloads("<1@x>") == [b"hello\n"]
    (transfer,) = await line.rows("transfers")
    assert transfer.file_name == "inner.txt"
    assert transfer.attributes["contentType"] == "text/plain"


async def test_compression_is_no_encryption(line, us, them):
    line.set(require_encrypted=True)
    fields, body = post_of(compressed(b"Content-Type: text/plain\r\n\r\nsecret"))
    reply = await line.post(fields, body)
    told = "processed/error: insufficient-message-security"
    assert field(reply.body, "Disposition").endswith(told)
    assert await line.payloads("<1@x>") == []


async def test_the_mic_of_an_unsigned_message_is_of_its_entity(line, us):
    wire = a_wire(b"hello\r\n", None, us)
    reply = await line.post([*ADDRESS, *wire.built.fields], wire.body)
    assert field(reply.body, "Received-Content-MIC") == wire.built.mic.text


@pytest.mark.parametrize("way", ["in", "out"])
async def test_names_with_spaces_are_quoted_once(
    way, db, tmp_path, clock, people, openssl
):
    names = Names("b you", 'a "me" \\')
    partner = OpenSsl(openssl.own, openssl.us, openssl.folder, names)
    async with (
        partner_server() as server,
        as2_line(
            db,
            tmp_path,
            clock,
            *people,
            recipient_url=server.url,
            recipient_id=names.partner,
            self_id=names.us,
        ) as line,
    ):
        if way == "out":
            server.answers = Taking(partner)
            result = await line.send(b"<a/>")
            assert type(result).__name__ == "Sent"
            return
        fields, body = post_of(partner.signed(TYPE + b"\r\n\r\n<a/>"))
        quoted = {"AS2-From": '"b you"', "AS2-To": '"a \\"me\\" \\\\"'}
        fields = [(name, quoted.get(name, value)) for name, value in fields]
        reply = await line.post(fields, body)
        given = dict(reply.headers)
        assert (given["AS2-From"], given["AS2-To"]) == (
            quoted["AS2-To"],
            quoted["AS2-From"],
        )
        assert field(reply.body, "Disposition").endswith("; processed")


async def test_oaep_is_used_where_it_is_set(db, tmp_path, clock, people, openssl):
    async with (
        partner_server() as server,
        as2_line(db, tmp_path, clock, *people, recipient_url=server.url) as line,
    ):
        server.answers = taking = Taking(openssl)
        line.set(oaep="sha256", pss=True)
        await line.send(b"<a/>")
        assert taking.taken[0].payload == b"<a/>"
        sent = cms.ContentInfo.load(server.posts[0][1])
        recipient = sent["content"]["recipient_infos"][0].chosen
        algorithm = recipient["key_encryption_algorithm"]["algorithm"].native
        assert algorithm == "rsaes_oaep"
