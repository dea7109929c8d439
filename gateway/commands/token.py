"""`token create`: an API token for a program."""

import argparse
import asyncio
import sys

from gateway.app.foundation import foundation
from gateway.commands.options import Commands, add_places, add_role, existing, role_of
from gateway.core.desk.actor import COMMAND_LINE


def add(commands: Commands) -> None:
    command = commands.add_parser("token", help="make API tokens")
    actions = command.add_subparsers(title="actions", required=True, metavar="ACTION")
    create = actions.add_parser(
        "create", help="print a new API token, alone on its line"
    )
    create.add_argument(
        "--name", required=True, help="what the token is for; the audit log shows it"
    )
    create.add_argument(
        "--days",
        type=_days,
        metavar="N",
        help="days until it ends (default: it does not)",
    )
    add_role(create)
    add_places(create)
    create.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    text = asyncio.run(_create(arguments))
    sys.stdout.write(f"{text}\n")
    return 0


async def _create(arguments: argparse.Namespace) -> str:
    async with foundation(existing(arguments)) as base:
        _, text = await base.people.create_token(
            COMMAND_LINE, arguments.name, role_of(arguments), arguments.days
        )
        return text


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:  # noqa: PLR2004 - a century
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of days, 1 to 36500"
        )
    return int(text)
