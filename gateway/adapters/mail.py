"""Notifications by SMTP (RFC 5321): what the server answers becomes a result."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from gateway.adapters.mail_texts import MailTexts
from gateway.core.ports import Letter, MailRefused, MailResult, MailSent, NoMailServer

IMPLICIT_TLS_PORT = 465  # RFC 8314 section 3.3
PERMANENT = 500
ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
LABEL = r"[^\W_]([\w-]{0,61}[^\W_])?"
# Dot-string@Domain of RFC 5321 section 4.1.2, with the letters of RFC 6531
ADDRESS = re.compile(rf"({ATOM}(?:\.{ATOM})*)@({LABEL}(?:\.{LABEL})*)")
ADDRESS_MAX = 254  # RFC 5321 section 4.5.3.1.3, without its angle brackets


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpOptions:
    """Where mails go; an empty *host* means: nowhere yet.

    *starttls* "auto" takes TLS when it is offered, "always" insists on it and on a
    valid certificate; port 465 speaks TLS from its first byte. *timeout* is in seconds.
    """

    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    starttls: Literal["auto", "always", "never"] = "auto"
    sender: str = "gateway@localhost"
    timeout: float = 30


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """The Mailer the process uses; one connection for each mail."""

    options: SmtpOptions
    texts: MailTexts = field(default_factory=MailTexts)

    async def send(self, letter: Letter) -> MailResult:
        if not self.options.host:
            return NoMailServer()
        people = {to: _address(to) for to in letter.to}
        wrong = [to for to, address in people.items() if address is None]
        to = [to for to in people if to not in wrong]
        if not to:
            return MailRefused(f"no e-mail address: {', '.join(wrong)}", permanent=True)
        message = self._message(letter, [a for a in people.values() if a])
        answer = await self._send(message, to)
        if isinstance(answer, MailRefused):
            return answer
        refused, said = answer
        unfit = dict.fromkeys(wrong, (PERMANENT, "not an e-mail address"))
        return _partly({**refused, **unfit}, said)

    def _message(self, letter: Letter, to: Sequence[Address]) -> EmailMessage:
        rendered = self.texts.render(letter.kind, letter.data)
        domain = self.options.sender.rpartition("@")[2]
        message = EmailMessage(policy=SMTP)
        message["From"] = Address("Envelope Gateway", addr_spec=self.options.sender)
        message["To"] = to
        message["Subject"] = rendered.subject
        message["Date"] = format_datetime(letter.at)
        message["Message-ID"] = f"<{letter.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(rendered.text)
        message.add_alternative(rendered.html, subtype="html")
        return message

    async def _send(
        self, message: EmailMessage, to: Sequence[str]
    ) -> tuple[Mapping[str, tuple[int, str]], str] | MailRefused:
        """Return whom the server refused, with its answers, and what it said last."""
        options = self.options
        where = f"mail server {options.host}:{options.port}"
        implicit = options.port == IMPLICIT_TLS_PORT
        starttls = {"auto": None, "always": True, "never": False}[options.starttls]
        try:
            async with asyncio.timeout(options.timeout * 4):
                refused, said = await aiosmtplib.send(
                    message,
                    sender=options.sender,
                    recipients=list(to),
                    hostname=options.host,
                    port=options.port,
                    username=options.username or None,
                    password=options.password or None,
                    timeout=options.timeout,
                    use_tls=implicit,
                    start_tls=False if implicit else starttls,
                    # nothing is gained by refusing a certificate where plain text
                    # would do, save that a password is at stake
                    validate_certs=bool(starttls or options.username),
                )
        except SMTPRecipientsRefused as error:
            return _none({r.recipient: (r.code, r.message) for r in error.recipients})
        except SMTPAuthenticationError as error:
            # the operator can put it right: worth another try
            reason = f"{where} refused user name or password: {error.message}"
            return MailRefused(reason, permanent=False)
        except SMTPResponseException as error:
            reason = f"{where} answered {error.code} {error.message}"
            return MailRefused(reason, permanent=error.code >= PERMANENT)
        except (SMTPException, TimeoutError, OSError) as error:
            reason = f"{where} could not be used: {str(error) or 'no answer'}"
            return MailRefused(reason, permanent=False)
        return {each: (a.code, a.message) for each, a in refused.items()}, said


def _address(text: str) -> Address | None:
    """Return the address; None for what could be anything else, or too long."""
    parts = ADDRESS.fullmatch(text)
    if parts is None or len(text.encode()) > ADDRESS_MAX:
        return None
    return Address(username=parts[1], domain=parts[2])


def _none(refused: Mapping[str, tuple[int, str]]) -> MailRefused:
    """Judge a mail that nobody got: worth another try if one answer was temporary."""
    permanent = all(code >= PERMANENT for code, _ in refused.values())
    left = tuple(each for each, (code, _) in refused.items() if code < PERMANENT)
    return MailRefused(_words(refused), permanent, left)


def _partly(refused: Mapping[str, tuple[int, str]], said: str) -> MailResult:
    """Judge a mail that somebody got."""
    left = tuple(each for each, (code, _) in refused.items() if code < PERMANENT)
    if left:
        return MailRefused(_words(refused), permanent=False, left=left)
    return MailSent(_words(refused), said)


def _words(refused: Mapping[str, tuple[int, str]]) -> str:
    said = (f"{each}: {code} {text}" for each, (code, text) in refused.items())
    return "; ".join(said)
