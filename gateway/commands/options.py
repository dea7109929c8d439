"""What several commands share: the options --config and --data."""

import argparse
from pathlib import Path
from typing import Protocol

from gateway.config import Config, load


class Commands(Protocol):
    """What argparse calls the sub-parsers: the place where a command is added."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...  # noqa: A002 - argparse's name


def add_places(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the configuration (default: gateway.toml in the data folder)",
    )
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="the data folder (default: ./data)"
    )


def config_of(arguments: argparse.Namespace) -> Config:
    """Return the configuration the options name; ConfigError when it is wrong."""
    return load(arguments.config, arguments.data)
