"""Reading the command line, choosing the command, turning errors into exit codes."""

import argparse
import os
import sys
from collections.abc import Sequence

from gateway.commands import doctor, init, rule, serve, token, user, version
from gateway.core.errors import ConfigError, GatewayError, Refusal

PROGRAM = "envelope-gateway"
COMMANDS = (serve, init, token, user, rule, doctor, version)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Self-hosted document exchange over SFTP and AS2.",
        allow_abbrev=False,
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return top


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; argparse itself exits with 2."""
    arguments = parser().parse_args(argv)
    os.umask(0o077)  # whatever is made in the data folder is its owner's alone
    try:
        code: int = arguments.run(arguments)
    except ConfigError as error:
        return _complain(str(error), 2)
    except (GatewayError, Refusal) as error:
        return _complain(str(error), 1)
    except KeyboardInterrupt:
        return _complain("interrupted", 1)
    return code


def _complain(text: str, code: int) -> int:
    for line in text.splitlines():
        sys.stderr.write(f"{PROGRAM}: {line}\n")
    return code
