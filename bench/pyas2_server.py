"""pyas2lib behind a minimal aiohttp application, durable: payload and MDN are fsynced.

Arguments: a folder with the keys, an empty folder. Says its address on one line.
"""

import asyncio
import itertools
import logging
import os
import sys
from pathlib import Path

import paths  # noqa: F401 - it opens the way to the others

# isort: split

import people
import uvloop
from aiohttp import web
from as2_line import OUR_NAME, PARTNER_NAME
from partners.pyas2 import Message, Organization, Other, pairs, public_pem, raw

NUMBERS = itertools.count()


class Server:
    """Takes messages as pyas2lib's own documentation does it."""

    def __init__(self, keys: Path, folder: Path) -> None:
        _, them = people.load(keys)
        pair = (keys / "us.pem").read_bytes()
        self.folder = folder
        self.us = Organization(as2_name=OUR_NAME, sign_key=pair, decrypt_key=pair)
        self.partner = Other(
            as2_name=PARTNER_NAME,
            verify_cert=public_pem(them),
            encrypt_cert=public_pem(them),
            encrypt=True,
            sign=True,
            validate_certs=False,
        )

    async def post(self, request: web.Request) -> web.Response:
        headers = [(n.decode(), v.decode()) for n, v in request.raw_headers]
        body = await request.read()
        fields, content = await asyncio.to_thread(self.take, raw(headers, body))
        return web.Response(headers=fields, body=content)

    def take(self, data: bytes) -> tuple[list[tuple[str, str]], bytes]:
        message = Message()
        _, _, mdn = message.parse(data, lambda _: self.us, lambda _: self.partner)
        number = next(NUMBERS)
        self.keep(f"{number}.payload", message.content)
        self.keep(f"{number}.mdn", mdn.content)
        return pairs(mdn), mdn.content

    def keep(self, name: str, data: bytes) -> None:
        with (self.folder / name).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


async def main(keys: Path, folder: Path) -> None:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/", Server(keys, folder).post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


logging.disable(logging.ERROR)
uvloop.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
