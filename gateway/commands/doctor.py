"""`doctor`: look at everything the gateway stands on and say what to do."""

import argparse
import asyncio
import sys
from datetime import datetime

from gateway.app.foundation import utc_now
from gateway.commands.database_checks import database
from gateway.commands.file_checks import files
from gateway.commands.findings import Finding, Level, fail, ok
from gateway.commands.network_checks import mail, ports
from gateway.commands.options import Commands, add_places, config_of
from gateway.config import Config


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "doctor", help="check configuration, files, keys, database, ports, mail"
    )
    add_places(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each check; 1 if one failed."""
    config = config_of(arguments)  # a wrong one ends the command with 2, as elsewhere
    findings = asyncio.run(examine(config, utc_now()))
    for finding in findings:
        sys.stdout.write(f"{finding.line}\n")
    return int(any(finding.level is Level.FAIL for finding in findings))


async def examine(config: Config, now: datetime) -> list[Finding]:
    """Run every check; nothing is changed."""
    if not config.data_dir.is_dir():
        return [
            fail(
                "data folder",
                f"{config.data_dir} is not there; make it with `envelope-gateway "
                "init`, or name the right one with --data",
            )
        ]
    of_database, on_page = await database(config, now)
    return [
        ok("configuration", "every key is known and valid"),
        *files(config, now),
        *of_database,
        *ports(config),
        await mail(config, on_page),
    ]
