"""The mailer against a real SMTP server on loopback."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.tls import self_signed, server_context
from gateway.adapters.mail import ADDRESS, SmtpMailer, SmtpOptions, _address
from gateway.core.ports import Letter, MailRefused, MailSent, NoMailServer

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Inbox:
    """Keeps what arrives; answers otherwise where the test says so."""

    def __init__(self, answers=None, data="250 OK", sender="250 OK"):
        self.answers, self.data, self.sender = answers or {}, data, sender
        self.messages, self.envelopes, self.logins, self.tls = [], [], [], []

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if self.sender.startswith("250"):
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.tls.append(session.ssl is not None)
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return self.data

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


@asynccontextmanager
async def listening(factory):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(factory, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def mailing(inbox, *, options=None, **server):
    def factory():
        return SMTP(inbox, authenticator=inbox.authenticate, **server)

    async with listening(factory) as port:
        yield SmtpMailer(
            SmtpOptions(
                host="127.0.0.1",
                port=port,
                sender="gateway@edi.example",
                timeout=5,
                **(options or {}),
            )
        )


def a_letter(*to, kind="test", **data):
    told = {"mailbox": "Acme", "at": NOW.isoformat(), **data}
    people = to or ("a@acme.example",)
    return Letter(id="7.2026", to=people, kind=kind, data=told, at=NOW)


async def test_a_mail_has_both_forms_and_the_headers_of_a_machine():
    inbox = Inbox()
    async with mailing(inbox) as mailer:
        sent = await mailer.send(a_letter("a@acme.example", "b@acme.example"))
    assert sent == MailSent()
    [message] = inbox.messages
    both = ["a@acme.example", "b@acme.example"]
    assert inbox.envelopes == [("gateway@edi.example", both)]
    assert message["From"] == "Envelope Gateway <gateway@edi.example>"
    assert message["To"] == "a@acme.example, b@acme.example"
    assert message["Subject"] == "Acme: notifications arrive"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == "<7.2026@edi.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(["plain"]), message.get_body(["html"])
    assert "mailbox Acme arrive at this address" in text.get_content()
    assert "<h1" in html.get_content()


async def test_any_language_arrives_as_it_was():
    inbox = Inbox()
    async with mailing(inbox) as mailer:
        await mailer.send(a_letter(mailbox="Bücher & Söhne 文書"))
    [message] = inbox.messages
    assert message["Subject"] == "Bücher & Söhne 文書: notifications arrive"
    assert "Bücher & Söhne 文書" in message.get_body(["plain"]).get_content()
    assert "Bücher &amp; Söhne 文書" in message.get_body(["html"]).get_content()


async def test_nothing_that_is_shown_can_add_a_header_or_a_line_of_smtp():
    evil = "x\r\nBcc: victim@x.example\r\n\r\nbody\r\n.\r\nMAIL FROM:<e@x.example>"
    inbox = Inbox()
    async with mailing(inbox) as mailer:
        assert await mailer.send(a_letter(mailbox=evil)) == MailSent()
    [message] = inbox.messages
    assert message["Bcc"] is None
    assert inbox.envelopes == [("gateway@edi.example", ["a@acme.example"])]
    assert message["Subject"].strip().startswith("x Bcc: victim@x.example body . MAIL")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@",
        "@b",
        "a b@x.example",
        "a@x.example\r\nBcc: v@x.example",
        "a@x.example>\nRCPT TO:<v@x.example",
        "A <a@x.example>",
        "a..b@x.example",
        "a@x.example (home)",
        "a@x..example",
        "a@-x.example",
        "a" * 250 + "@x.example",
    ],
)
async def test_what_is_no_address_is_refused_for_good(address):
    inbox = Inbox()
    async with mailing(inbox) as mailer:
        refused = await mailer.send(a_letter(address))
    assert isinstance(refused, MailRefused)
    assert refused.permanent
    assert "no e-mail address" in refused.reason
    assert inbox.messages == []


@settings(max_examples=20)  # what a regular expression makes takes its time
@given(st.from_regex(ADDRESS, fullmatch=True))
def test_every_address_stays_one_address_in_the_header(address):
    parsed = _address(address)
    if len(address.encode()) > 254:
        assert parsed is None
        return
    message = SmtpMailer(SmtpOptions(host="x"))._message(a_letter(), [parsed])
    raw = message.as_bytes(policy=message.policy.clone(utf8=True))
    read = message_from_string(raw.decode(), policy=default)
    assert [to.addr_spec for to in read["To"].addresses] == [address]


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_is_not(text):
    assert _address(text) is None or "@" in text.strip()


async def test_a_wrong_address_does_not_keep_the_mail_from_the_others():
    inbox = Inbox()
    async with mailing(inbox) as mailer:
        sent = await mailer.send(a_letter("a@acme.example", "oops"))
    assert isinstance(sent, MailSent)
    assert "oops: 500 not an e-mail address" in sent.note
    assert inbox.envelopes[0][1] == ["a@acme.example"]


async def test_who_does_not_exist_is_noted_when_others_got_it():
    inbox = Inbox({"gone@acme.example": "550 no such user"})
    async with mailing(inbox) as mailer:
        sent = await mailer.send(a_letter("a@acme.example", "gone@acme.example"))
    assert sent == MailSent("gone@acme.example: 550 no such user")


async def test_who_is_refused_for_now_is_left_for_the_next_try():
    inbox = Inbox({"grey@acme.example": "451 come back"})
    async with mailing(inbox) as mailer:
        sent = await mailer.send(a_letter("a@acme.example", "grey@acme.example"))
        assert sent == MailRefused(
            "grey@acme.example: 451 come back",
            permanent=False,
            left=("grey@acme.example",),
        )
        inbox.answers["gone@acme.example"] = "550 no such user"
        sent = await mailer.send(a_letter("gone@acme.example", "grey@acme.example"))
    assert isinstance(sent, MailRefused)
    assert not sent.permanent
    assert sent.left == ("grey@acme.example",)


async def test_a_mail_that_nobody_may_get_is_refused_for_good():
    inbox = Inbox({"gone@acme.example": "550 no such user"})
    async with mailing(inbox) as mailer:
        refused = await mailer.send(a_letter("gone@acme.example"))
    said = "gone@acme.example: 550 no such user"
    assert refused == MailRefused(said, permanent=True)


@pytest.mark.parametrize(
    ("answer", "permanent"), [("554 spam", True), ("452 full", False)]
)
@pytest.mark.parametrize("step", ["data", "sender"])
async def test_the_first_digit_of_the_answer_decides(step, answer, permanent):
    async with mailing(Inbox(**{step: answer})) as mailer:
        refused = await mailer.send(a_letter())
    assert isinstance(refused, MailRefused)
    assert refused.permanent is permanent
    assert f"answered {answer}" in refused.reason


async def test_without_a_host_nothing_is_tried():
    mailer = SmtpMailer(SmtpOptions(host=""))
    assert await mailer.send(a_letter()) == NoMailServer()


async def test_a_server_that_is_down_is_tried_again(unused_tcp_port_of):
    options = SmtpOptions(host="127.0.0.1", port=unused_tcp_port_of, timeout=5)
    refused = await SmtpMailer(options).send(a_letter())
    assert isinstance(refused, MailRefused)
    assert not refused.permanent
    assert f"mail server 127.0.0.1:{unused_tcp_port_of} could not be" in refused.reason


@pytest.fixture
async def unused_tcp_port_of():
    async with listening(asyncio.Protocol) as port:
        pass
    return port


async def test_a_server_that_hangs_up_or_says_nothing_is_tried_again():
    class HangsUp(asyncio.Protocol):
        def connection_made(self, transport):
            transport.close()

    for factory in (HangsUp, asyncio.Protocol):
        async with listening(factory) as port:
            options = SmtpOptions(host="127.0.0.1", port=port, timeout=0.1)
            refused = await SmtpMailer(options).send(a_letter())
        assert isinstance(refused, MailRefused)
        assert not refused.permanent


@pytest.fixture
def tls(tmp_path):
    return server_context(self_signed(tmp_path / "smtp.pem", "127.0.0.1", NOW))


async def test_tls_is_taken_when_offered_whoever_signed_it(tls):
    inbox = Inbox()
    async with mailing(inbox, tls_context=tls) as mailer:
        assert await mailer.send(a_letter()) == MailSent()
    assert inbox.tls == [True]


async def test_never_means_never(tls):
    inbox = Inbox()
    async with mailing(inbox, tls_context=tls, options={"starttls": "never"}) as mailer:
        assert await mailer.send(a_letter()) == MailSent()
    assert inbox.tls == [False]


async def test_always_refuses_a_server_without_tls_or_with_an_unknown_certificate(tls):
    inbox = Inbox()
    for context in (None, tls):
        always = {"starttls": "always"}
        async with mailing(inbox, tls_context=context, options=always) as mailer:
            refused = await mailer.send(a_letter())
        assert isinstance(refused, MailRefused)
        assert not refused.permanent
    assert inbox.messages == []


async def test_a_password_goes_to_a_trusted_certificate_only(tls):
    inbox = Inbox()
    login = {"username": "gw", "password": "right"}
    async with mailing(inbox, tls_context=tls, options=login) as mailer:
        assert isinstance(await mailer.send(a_letter()), MailRefused)
    assert inbox.logins == []


async def test_a_user_logs_in_and_a_wrong_password_is_tried_again_later():
    inbox = Inbox()
    for password, expected in (("right", MailSent), ("wrong", MailRefused)):
        login = {"username": "gw", "password": password}
        async with mailing(inbox, auth_require_tls=False, options=login) as mailer:
            result = await mailer.send(a_letter())
        assert isinstance(result, expected)
    assert inbox.logins[0] == (b"gw", b"right")
    assert "refused user name or password" in result.reason
    assert not result.permanent
    assert "wrong" not in repr(mailer)


async def test_port_465_speaks_tls_from_the_first_byte(monkeypatch, tls):
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox), "127.0.0.1", 0, ssl=tls, ssl_handshake_timeout=5
    )
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr("gateway.adapters.mail.IMPLICIT_TLS_PORT", port)
    mailer = SmtpMailer(SmtpOptions(host="127.0.0.1", port=port, timeout=5))
    assert await mailer.send(a_letter()) == MailSent()
    server.close()
    await server.wait_closed()
    assert len(inbox.messages) == 1
    assert isinstance(tls, ssl.SSLContext)
