"""`version`: which release this is."""

import argparse
import sys
from importlib.metadata import version

from gateway.commands.options import Commands


def add(commands: Commands) -> None:
    command = commands.add_parser("version", help="print the version")
    command.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    sys.stdout.write(f"envelope-gateway {version('envelope-gateway')}\n")
    return 0
