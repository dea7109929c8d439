"""What is posted to a mailbox: a message, or the MDN of one that we sent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from as2_server.addresses import mdn_url
from as2_server.answer import Answering
from as2_server.keyring import Keyrings
from as2_server.kind import is_mdn
from as2_server.message import Answer, Means, Message
from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.fields import Fields
from as2_server.protocol.headers import Request, request_of
from as2_server.spool import Spool
from certs.rollover import NoUsableKey
from gateway.core.as2 import As2Profile
from gateway.core.as2_log import HeaderPairs
from gateway.core.ports import As2Book, Clock

SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie"}
"""Not kept with the evidence."""
MDN_MAX = 4 << 20

MdnArrived = Callable[[As2Profile, HeaderPairs, bytes], Awaitable[None]]
"""Takes the asynchronous MDN of a message that we sent; durable when it returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Takes what is posted to the mailboxes."""

    book: As2Book
    means: Means
    mdn_arrived: MdnArrived
    clock: Clock
    keyrings: Keyrings = field(default_factory=Keyrings)

    async def post(
        self, profile: As2Profile, headers: HeaderPairs, body: Spool
    ) -> Answer:
        """Take what was posted; what is returned is durable."""
        try:
            fields = Fields.of(headers)
            if not await self._is_mdn(fields, body):
                request = request_of(fields)
                return await self._message(profile, request, headers, body)
        except ProtocolError as error:
            return Answer.text(400, f"This is no AS2 message. {error.message}")
        if body.size > MDN_MAX:
            return Answer.text(413, f"An MDN has at most {MDN_MAX} bytes.")
        body.seek(0)
        data = await asyncio.to_thread(body.read, MDN_MAX)
        await self.mdn_arrived(profile, headers, data)
        return Answer(200)

    async def _is_mdn(self, fields: Fields, body: Spool) -> bool:
        if body.in_memory:
            return is_mdn(fields, body)
        return await asyncio.to_thread(is_mdn, fields, body)

    async def _message(
        self,
        profile: As2Profile,
        request: Request,
        headers: HeaderPairs,
        body: Spool,
    ) -> Answer:
        now = self.clock()
        own = await self.book.own_keys(profile.mailbox)
        keyring = await self.keyrings.of(profile, own, now)
        wish = request.receipt
        asked = wish.url if wish else ""
        address = mdn_url(asked, profile.recipient_url) if asked else ""
        key, no_key = None, ""
        if wish and wish.signed:
            try:
                key = keyring.signer()
            except NoUsableKey as error:
                no_key = error.message
        message = Message(
            means=self.means,
            profile=profile,
            request=request,
            headers=[pair for pair in headers if pair[0].lower() not in SECRET_HEADERS],
            body=body,
            keyring=keyring,
            now=now,
            answering=Answering(
                request=request,
                url=address or "",
                key=key,
                digests=profile.digests,
                now=now,
                number=self._number,
            ),
            no_key=no_key,
            foreign=address is None,
        )
        return await message.take()

    def _number(self) -> str:
        return f"<{self.means.new_id()}@envelope-gateway>"
