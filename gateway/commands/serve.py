"""`serve`: run everything in one process until a signal ends it."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from functools import partial

import uvloop

from gateway.app.serve import Running, serve
from gateway.app.tls import ListenerTls
from gateway.commands.init import tell_password
from gateway.commands.options import Commands, add_places, config_of
from gateway.config import Config
from gateway.core.errors import ConfigError
from gateway.demo.tour import prepare

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
CHATTY = ("asyncssh", "alembic")  # a line for each connection, for each migration

log = logging.getLogger(__name__)


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "serve", help="run SFTP, AS2 and the admin listener in one process"
    )
    command.add_argument(
        "--demo",
        action="store_true",
        help="load two mailboxes with rules and an order, and print how to try them",
    )
    add_places(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    logging.basicConfig(stream=sys.stderr, format=FORMAT)
    _set_level(config)
    # a fifth less CPU for each document than with asyncio's own loop
    return uvloop.run(serve(config, partial(_announce, arguments, config)))


async def _announce(
    arguments: argparse.Namespace, config: Config, running: Running
) -> None:
    """Say where everything is, now that it is there."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, _reload, arguments, running.tls)
    where = running.addresses
    sys.stdout.write(
        f"SFTP:  {where.host} port {where.sftp_port} ({where.fingerprint})\n"
        f"Admin: {running.admin_url}\n"
    )
    if running.first_password is not None:
        tell_password(config, running.first_password)
    elif arguments.demo and config.layout.admin_password.exists():
        tell_password(config, config.layout.admin_password.read_text().strip())
    if arguments.demo:
        sys.stdout.write(await prepare(running.desk, config.layout.demo) + "\n\n")
    sys.stdout.write("Ctrl-C stops.\n")
    sys.stdout.flush()


def _reload(arguments: argparse.Namespace, tls: Sequence[ListenerTls]) -> None:
    """Take log level and certificates anew; what is wrong changes nothing."""
    try:
        _set_level(config_of(arguments))
        for listener in tls:
            listener.reload()
    except ConfigError as error:
        log.error("not reloaded: %s", error)  # noqa: TRY400 - the text says it all
    else:
        log.info("reloaded")


def _set_level(config: Config) -> None:
    level = logging.getLevelNamesMapping()[config.log.level.upper()]
    logging.getLogger().setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
