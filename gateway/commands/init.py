"""`init`: make the data folder and all that belongs in it; safe to repeat."""

import argparse
import asyncio
import sys

from certs.tls import self_signed
from gateway.app.foundation import first_start, foundation, utc_now
from gateway.commands.options import Commands, add_places, config_of
from gateway.config import Config


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "init",
        help="make data folder, database, keys, certificate and administrator",
    )
    add_places(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    password = asyncio.run(_init(config))
    sys.stdout.write(f"Ready: {config.data_dir}\n")
    if password is not None:
        tell_password(config, password)
    return 0


async def _init(config: Config) -> str | None:
    async with foundation(config) as base:
        if config.admin.tls == "self-signed":
            await asyncio.to_thread(
                self_signed,
                config.layout.tls_certificate,
                config.server.public_host,
                utc_now(),
            )
        return await first_start(base)


def tell_password(config: Config, password: str) -> None:
    """Print the generated password: the only time that it is shown."""
    sys.stdout.write(
        f"Administrator: admin\nPassword:      {password}\n"
        f"It is in {config.layout.admin_password} too, until it is changed.\n"
    )
    sys.stdout.flush()
