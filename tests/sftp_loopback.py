"""An SFTP server on loopback and a client for it."""

from dataclasses import replace

import asyncssh
from sftp_world import BOX, World

from gateway.core.ports import SftpAccount
from sftp_server.options import SftpOptions
from sftp_server.server import SftpServer


class OpenGate:
    """Knows one mailbox; the password is `secret`."""

    def __init__(self) -> None:
        self.accounts = {BOX: SftpAccount(mailbox=BOX)}

    async def account(self, login: str) -> SftpAccount | None:
        return self.accounts.get(login.lower())

    async def password_ok(self, mailbox: str, password: str) -> bool:
        return mailbox in self.accounts and password == "secret"

    def change(self, **values) -> None:
        self.accounts[BOX] = replace(self.accounts[BOX], **values)


HOST_KEY = asyncssh.generate_private_key("ssh-ed25519").export_private_key()


def make_server(world: World, gate: OpenGate, **options) -> SftpServer:
    settings = {"failed_login_delay": 0.05, "keepalive": 0, **options}
    return SftpServer(
        gate=gate,
        folders=world.folders,
        uploads=world.uploads,
        blobs=world.blobs,
        clock=world.clock,
        options=SftpOptions(host="127.0.0.1", port=0, host_keys=[HOST_KEY], **settings),
    )


def connect(server: SftpServer, **options):
    settings = {
        "username": BOX,
        "password": "secret",
        "known_hosts": None,
        "client_keys": None,
        "agent_path": None,
        "config": None,
        **options,
    }
    return asyncssh.connect("127.0.0.1", server.port, **settings)
