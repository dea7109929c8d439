"""A mail server in the loop of the test, which wants a password if it is told one."""

import asyncio
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult


class Postbox:
    """Keeps what arrives and who logged in."""

    def __init__(self, answer="250 2.0.0 queued as 4711"):
        self.answer, self.port = answer, 0
        self.mails, self.logins = [], []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return self.answer

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"s3cret", handled=False)


@asynccontextmanager
async def mail_server(postbox=None, **options):
    """Serve on a free port while the block runs."""
    postbox = postbox or Postbox()

    def one():
        return SMTP(
            postbox,
            authenticator=postbox.authenticate,
            auth_require_tls=False,
            **options,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(one, "127.0.0.1", 0)
    postbox.port = server.sockets[0].getsockname()[1]
    try:
        yield postbox
    finally:
        server.close()
        await server.wait_closed()
