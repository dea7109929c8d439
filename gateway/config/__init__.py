"""The configuration: one TOML file and the environment, parsed into frozen values.

Each key of section S is also the environment variable `GATEWAY_<S>_<KEY>`, which wins.
A key nobody reads is an error: a misspelt limit must not be a limit that is missing.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from gateway.config.layout import Layout
from gateway.config.sections import DEFAULT_DATA, Config, Section
from gateway.core.errors import ConfigError

__all__ = ["Config", "Layout", "load"]

PREFIX = "GATEWAY_"
FILE_NAME = "gateway.toml"
SECTIONS: Mapping[str, type[Section]] = {
    name: type(field.default) for name, field in Config.model_fields.items()
}


def load(
    file: Path | None = None,
    data: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Return the configuration; `data` (the command line) wins over all else.

    Without `file` it is `gateway.toml` in the data folder, if there is one. Raises
    ConfigError with one line for each thing that is wrong.
    """
    env = os.environ if environ is None else environ  # noqa: TID251 - the one reader
    home = data or Path(env.get("GATEWAY_SERVER_DATA_DIR") or DEFAULT_DATA)
    path = file or home / FILE_NAME
    raw = _read(path) if file or path.exists() else {}
    problems: list[str] = []
    values = _from_file(raw, path, problems)
    origins = {f"{name}.{key}": str(path) for name in values for key in values[name]}
    for section, found in _from_environment(env, problems).items():
        values.setdefault(section, {}).update(found)
        origins |= {f"{section}.{key}": _variable(section, key) for key in found}
    if data:
        values.setdefault("server", {})["data_dir"] = data
    if problems:
        raise ConfigError("\n".join(problems))
    config = Config.model_validate(values, context=origins)
    _check_together(config, path)
    return config


def notify_socket() -> str:
    """Return where systemd wants to be told (sd_notify(3)); empty without it."""
    return os.environ.get("NOTIFY_SOCKET", "")  # noqa: TID251 - the one reader


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _from_file(
    raw: Mapping[str, object], path: Path, problems: list[str]
) -> dict[str, dict[str, object]]:
    """Return the keys that are set, as their types; what is wrong is a problem."""
    values: dict[str, dict[str, object]] = {}
    for section, body in raw.items():
        if section not in SECTIONS:
            hint = _allowed(section, SECTIONS)
            problems.append(f"{path}: unknown section [{section}]: {hint}")
        elif not isinstance(body, dict):
            problems.append(f"{path}: {section} is not a section: write [{section}]")
        else:
            try:
                # strict JSON rules: a number is not a text, a text is a path
                model = SECTIONS[section].model_validate_json(
                    to_json(body), strict=True
                )
                values[section] = model.model_dump(exclude_unset=True, by_alias=True)
            except ValidationError as error:
                problems.extend(
                    f"{path}: [{section}] {key}: {problem}"
                    for key, problem in _problems(SECTIONS[section], error)
                )
    return values


def _from_environment(
    env: Mapping[str, str], problems: list[str]
) -> dict[str, dict[str, object]]:
    """Return the like of `_from_file`; a name without a key is not ours."""
    values: dict[str, dict[str, object]] = {}
    for name in sorted(env):
        section, underscore, key = name.removeprefix(PREFIX).lower().partition("_")
        if not name.startswith(PREFIX) or not underscore:
            continue
        if section not in SECTIONS:
            hint = _allowed(section, SECTIONS)
            problems.append(f"environment: {name}: unknown section {section}: {hint}")
            continue
        try:
            model = SECTIONS[section].model_validate_strings({key: env[name]})
            found = model.model_dump(exclude_unset=True, by_alias=True)
            values.setdefault(section, {}).update(found)
        except ValidationError as error:
            problems.extend(
                f"environment: {name}: {problem}"
                for _, problem in _problems(SECTIONS[section], error)
            )
    return values


def _variable(section: str, key: str) -> str:
    return f"{PREFIX}{section}_{key}".upper()


def _problems(model: type[Section], error: ValidationError) -> list[tuple[str, str]]:
    """Return (key, what is wrong with it) for each finding of pydantic."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    found: dict[str, str] = {}
    for one in error.errors(include_url=False):
        key = str(one["loc"][0])
        if key in fields:
            field = fields[key]
            value = repr(one["input"]) if field.repr else "the value"  # may be secret
            found[key] = f"{value} is not {field.description}"
        else:
            found[key] = f"unknown key: {_allowed(key, fields)}"
    return list(found.items())


def _allowed(word: str, names: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(word, names, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}allowed: {', '.join(names)}"


def _check_together(config: Config, path: Path) -> None:
    admin, smtp = config.admin, config.smtp
    if admin.tls == "files" and not (admin.tls_cert and admin.tls_key):
        raise ConfigError(
            f'{path}: [admin] tls = "files" needs tls_cert and tls_key: '
            "set both to PEM files"
        )
    if smtp.username and not smtp.password_file:
        raise ConfigError(
            f"{path}: [smtp] username needs password_file: the file that holds "
            "the password"
        )
