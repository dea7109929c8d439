"""Requests that no browser and no program of good will sends: refused, never a 500."""

import asyncio
import gzip
import time
import zlib
from contextlib import asynccontextmanager
from itertools import product

import pytest

from admin_web.app import AdminOptions, build_app
from admin_web.pages.session import COOKIE, csrf_of
from admin_web.server import listen
from gateway.core.desk.accounts import Origin
from gateway.core.desk.actor import COMMAND_LINE, PersonRole

pytestmark = pytest.mark.integration
PASSWORD = "correct horse"
HEADERS = (
    b"Host",
    b"Cookie",
    b"Authorization",
    b"Origin",
    b"Sec-Fetch-Site",
    b"X-CSRF-Token",
    b"HX-Request",
    b"User-Agent",
    b"Accept-Language",
    b"Last-Event-ID",
    b"If-None-Match",
    b"Range",
    b"Content-Type",
    b"Content-Disposition",
    b"Content-Encoding",
    b"mailbox",
    b"Expect",
)
VALUES = (
    b"\xff\xfe",
    b"http://[bad",
    b"[bad",
    b"x" * 8000,
    b"",
)
ODD = (
    b"multipart/form-data; boundary=\xff",
    b"application/x-www-form-urlencoded; charset=\xff",
    b"text/plain; charset=no",
    b"attachment; filename*=UTF-8''%ff",
    b"attachment; filename*=UTF-8''a%00b",
    b"attachment; filename*=unicode_escape''%5cud800",
)
SESSIONS = (
    f"{COOKIE}=".encode() + b"\xff\xfe",
    b"language=\xff; theme=\xff; zone=\xff",
    b"Bearer \xff\xfe",
)
PART = b'--b\r\nContent-Disposition: form-data; name="login"%b\r\n\r\n'
FORM = b"application/x-www-form-urlencoded"


@pytest.fixture
async def port(desk):
    app = build_app(desk, AdminOptions(new_id=lambda: "incident-1", version="1"))
    server = await listen(app, "127.0.0.1", 0)
    yield server.port
    await server.stop()


@pytest.fixture
async def signed_in(desk):
    """Return the headers of an owner's browser and program."""
    await desk.people.add_user(COMMAND_LINE, "owner", PersonRole.OWNER, PASSWORD)
    token = await desk.sign_in.login("owner", PASSWORD, Origin(address="::1"))
    _name, program = await desk.people.create_token(
        COMMAND_LINE, "shop", PersonRole.OWNER, None
    )
    return (
        (b"Cookie", f"{COOKIE}={token}".encode()),
        (b"X-CSRF-Token", csrf_of(token).encode()),
        (b"Authorization", f"Bearer {program}".encode()),
    )


@asynccontextmanager
async def connection(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def sent(port, raw):
    """Return status, headers and body of the answer to these bytes."""
    async with connection(port) as (reader, writer):
        writer.write(raw)
        async with asyncio.timeout(10):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.decode(), body.decode()


async def asked(port, line, *headers, body=b""):
    """Send a request; headers given here replace the usual ones."""
    given = {name.lower() for name, _value in headers}
    usual = ((b"Host", b"x"), (b"Content-Type", FORM))
    every = [
        *(pair for pair in usual if pair[0].lower() not in given),
        *headers,
        (b"Content-Length", str(len(body)).encode()),
        (b"Connection", b"close"),
    ]
    lines = [line + b" HTTP/1.1", *(name + b": " + value for name, value in every)]
    return await sent(port, b"\r\n".join(lines) + b"\r\n\r\n" + body)


@pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionHeader")
@pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionParam")
@pytest.mark.parametrize(
    "line",
    [
        b"GET /admin/account",
        b"POST /login",
        b"POST /admin/mailboxes",
        b"POST /api/login",
        b"GET /api/v1/mailboxes",
        b"POST /api/v1/attachments",
    ],
    ids=bytes.decode,
)
async def test_no_header_is_a_failure_of_the_gateway(port, signed_in, line, caplog):
    pairs = [
        *((each, 1) for each in product(HEADERS, VALUES)),
        *(
            (each, 1)
            for each in product((b"Content-Type", b"Content-Disposition"), ODD)
        ),
        *((each, 1) for each in product((b"Cookie", b"Authorization"), SESSIONS)),
        *((each, 2) for each in product(HEADERS, VALUES[:1])),
    ]
    for (name, value), times in pairs:
        mine = [pair for pair in signed_in if pair[0] != name]
        headers = [*mine, *[(name, value)] * times]
        status, _head, said = await asked(port, line, *headers, body=b"a=b")
        assert 200 <= status < 500, (name, value, said)
    assert "Traceback" not in caplog.text
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


@pytest.mark.parametrize(
    ("line", "header", "value", "status"),
    [
        (b"GET /admin/account", b"Cookie", SESSIONS[0], 303),
        (b"GET /api/v1/mailboxes", b"Authorization", SESSIONS[2], 401),
        (b"POST /login", b"Origin", b"http://[bad", 403),
        (b"POST /admin/mailboxes", b"X-CSRF-Token", b"\xff\xfe", 403),
        (b"GET /login", b"Host", b"\xff", 400),
        (b"GET /login", b"Host", b"a:b", 400),
        (b"GET /admin/users/%00", b"Accept", b"*/*", 400),
        (b"GET /login?next=%ff", b"Accept", b"*/*", 422),
        (b"GET /api/v1/audit?q=%ff", b"Accept", b"*/*", 422),
        (b"GET /login?next=%00", b"Accept", b"*/*", 422),
    ],
)
async def test_what_is_no_text_is_refused_as_what_is_wrong(
    port, signed_in, line, header, value, status
):
    mine = [pair for pair in signed_in if pair[0] != header]
    answer, _head, _said = await asked(port, line, *mine, (header, value))
    assert answer == status


@pytest.mark.parametrize("path", [b"/login", b"/api/login"])
async def test_a_body_that_is_compressed_is_not_taken(port, path, caplog):
    codings = (b"gzip", b"deflate", b"br", b"zstd", b"x, GZip")
    for coding, body in product(codings, (b"no gzip", gzip.compress(b"a=b"))):
        encoded = (b"Content-Encoding", coding)
        status, _head, said = await asked(port, b"POST " + path, encoded, body=body)
        assert status == 415, coding
        assert "without a Content-Encoding" in said
    assert "Traceback" not in caplog.text


async def test_a_bomb_holds_nobody_up(port):
    """80 MB in 80 KB are not inflated at all."""
    bomb = zlib.compress(bytes(80 << 20), 9)
    encoded = (b"Content-Encoding", b"deflate")
    before = time.thread_time()
    status, _head, _said = await asked(port, b"POST /login", encoded, body=bomb)
    assert status == 415
    assert time.thread_time() - before < 0.1


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        (FORM, b"login=%ff&password=x", "not UTF-8"),
        (FORM, b"login=\xff&password=x", "not UTF-8"),
        (FORM, b"lo%ffgin=x", "not UTF-8"),
        (FORM, b"login=%ef%bf%bd%ff", "not UTF-8"),
        (FORM, b"login=%00", "character NUL"),
        (FORM, b"login%00=x", "character NUL"),
        (FORM + b"; charset=unicode_escape", b"login=\\ud800", "not UTF-8"),
        (
            b"multipart/form-data; boundary=b",
            PART % b"" + b"\xff\r\n--b--\r\n",
            "not UTF-8",
        ),
        (
            b"multipart/form-data; boundary=b",
            PART % b'; filename="\xff"' + b"x\r\n--b--\r\n",
            "not UTF-8",
        ),
        (b"multipart/form-data; boundary=b", b"--b\r\nX", "cannot be read"),
    ],
)
async def test_a_form_of_bytes_that_are_no_text_is_refused(port, kind, body, told):
    typed = (b"Content-Type", kind)
    status, _head, said = await asked(port, b"POST /login", typed, body=body)
    assert status == 400
    assert told in said


async def test_the_sign_that_stands_for_no_text_is_itself_text(port):
    form = b"login=%ef%bf%bd&password=x"
    status, _head, said = await asked(port, b"POST /login", body=form)
    assert status == 401
    assert "\ufffd" in said


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"GET /" + b"a" * 8200 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "8190 bytes"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", "8190 bytes"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", "malformed"),
        (b"GET / HTTP/9.9\r\n\r\n", "malformed"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "malformed"),
        (b"POST /login HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "malformed"),
    ],
    ids=["line", "header", "tls", "version", "colon", "length"],
)
async def test_what_is_no_http_gets_a_short_answer_and_one_line(
    port, raw, told, caplog
):
    caplog.set_level("INFO")
    status, head, said = await sent(port, raw)
    assert status == 400
    assert told in said
    assert "X-Content-Type-Options: nosniff" in head
    assert "Content-Security-Policy: default-src 'none'" in head
    assert "aiohttp" not in head
    (line,) = [one for one in caplog.records if one.name.startswith("admin_web")]
    assert (line.levelname, line.exc_info) == ("INFO", None)
    assert "Traceback" not in caplog.text
