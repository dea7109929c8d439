"""`user add`, `password`, `reset-second-factor`: who uses the admin page."""

import argparse
import asyncio
import getpass
import sys

from gateway.app.foundation import foundation
from gateway.commands.options import Commands, add_places, add_role, existing, role_of
from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.errors import ConfigError


def add(commands: Commands) -> None:
    command = commands.add_parser("user", help="add people, change passwords")
    actions = command.add_subparsers(title="actions", required=True, metavar="ACTION")
    new = actions.add_parser("add", help="add a person")
    add_role(new)
    new.set_defaults(run=_add)
    change = actions.add_parser("password", help="change a person's password")
    change.set_defaults(run=_change)
    reset = actions.add_parser(
        "reset-second-factor", help="let a person sign in by the password alone"
    )
    reset.set_defaults(run=_reset)
    for action in (new, change, reset):
        action.add_argument("login", metavar="LOGIN")
        add_places(action)
    for action in (new, change):
        action.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input, its first line",
        )


def _add(arguments: argparse.Namespace) -> int:
    password = _password(arguments)

    async def work() -> None:
        async with foundation(existing(arguments)) as base:
            await base.people.add_user(
                COMMAND_LINE, arguments.login, role_of(arguments), password
            )

    asyncio.run(work())
    sys.stdout.write(f"Added {arguments.login}.\n")
    return 0


def _change(arguments: argparse.Namespace) -> int:
    password = _password(arguments)

    async def work() -> None:
        async with foundation(existing(arguments)) as base:
            await base.people.set_password(COMMAND_LINE, arguments.login, password)

    asyncio.run(work())
    sys.stdout.write(f"Changed the password of {arguments.login}.\n")
    return 0


def _reset(arguments: argparse.Namespace) -> int:
    login = arguments.login.strip().lower()

    async def work() -> None:
        async with foundation(existing(arguments)) as base:
            await base.people.reset_second_factor(COMMAND_LINE, login)

    asyncio.run(work())
    sys.stdout.write(f"{login} signs in by the password alone now.\n")
    return 0


def _password(arguments: argparse.Namespace) -> str:
    """Return what was typed or piped in; ConfigError when there is no way to ask."""
    if arguments.password_stdin:
        return _piped()
    if not sys.stdin.isatty():
        raise ConfigError(
            "no terminal to ask for the password; pipe it in and add --password-stdin"
        )
    first = getpass.getpass(f"New password of {arguments.login}: ")
    if getpass.getpass("Once more: ") != first:
        raise ConfigError("the two passwords differ; nothing was changed")
    return first


def _piped() -> str:
    try:
        line = sys.stdin.readline().rstrip("\r\n")
        line.encode()  # some locales let through what is no text
    except UnicodeError as error:
        raise ConfigError("the password is not UTF-8; nothing was changed") from error
    return line
