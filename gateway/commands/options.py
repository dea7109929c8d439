"""What several commands share: the options --config, --data and --role."""

import argparse
from pathlib import Path
from typing import Protocol

from gateway.config import Config, load
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import ConfigError


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


def existing(arguments: argparse.Namespace) -> Config:
    """Return the configuration of a gateway that is there; ConfigError if none is."""
    config = config_of(arguments)
    if not config.layout.master_key.exists():
        raise ConfigError(
            f"there is no gateway in {config.data_dir}: name its folder with --data, "
            "or make one with `envelope-gateway init`"
        )
    return config


def add_role(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--role",
        choices=[role.value.lower() for role in PersonRole],
        default=PersonRole.OWNER.value.lower(),
        help="what it may do (default: owner, everything)",
    )


def role_of(arguments: argparse.Namespace) -> PersonRole:
    return PersonRole(arguments.role.upper())
