"""`rule test`: what the rules of a mailbox would do with a file, and why."""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from admin_web.api.rule_bench_models import BenchAnswer
from gateway.app.bench import bench
from gateway.app.foundation import foundation
from gateway.commands.options import Commands, add_places, existing
from gateway.core.desk.bench import Tested
from gateway.core.desk.rules import Example
from gateway.core.errors import ConfigError
from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId
from gateway.core.rules import RuleDirection

LONGEST = 64 << 20  # bytes of a file that is tried
SHOWN = 4000  # characters of a document in the text that people read


def add(commands: Commands) -> None:
    command = commands.add_parser("rule", help="try conversion rules")
    actions = command.add_subparsers(title="actions", required=True, metavar="ACTION")
    test = actions.add_parser(
        "test", help="tell what the rules would do with a file; nothing happens"
    )
    test.add_argument("file", type=Path, metavar="FILE")
    test.add_argument(
        "--mailbox",
        metavar="UUID",
        default="",
        help="whose rules (default: those of the only mailbox)",
    )
    test.add_argument(
        "--name", metavar="NAME", help="the file's name (default: that of FILE)"
    )
    test.add_argument(
        "--attribute",
        metavar="K=V",
        action="append",
        type=_attribute,
        default=[],
        help="an attribute of the transport, for example folder=coutbox/a; repeatable",
    )
    test.add_argument(
        "--direction",
        choices=["in", "out"],
        help="default: in for a native envelope, out for anything else",
    )
    test.add_argument(
        "--json", action="store_true", help="print everything as the API tells it"
    )
    add_places(test)
    test.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if the file would be converted, 1 if not."""
    tested = asyncio.run(_test(arguments))
    if arguments.json:
        told = BenchAnswer.of(tested).model_dump_json(by_alias=True, indent=2)
        sys.stdout.write(f"{told}\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(tested))
    return 1 if tested.problem else 0


async def _test(arguments: argparse.Namespace) -> Tested:
    example = Example(
        arguments.name or arguments.file.name,
        await asyncio.to_thread(_read, arguments.file),
    )
    direction = (
        RuleDirection(arguments.direction.upper()) if arguments.direction else None
    )
    given: Mapping[str, str] = dict(arguments.attribute)
    async with foundation(existing(arguments)) as base, bench(base) as desk:
        mailbox = _mailbox(arguments.mailbox, desk.mailboxes)
        return await desk.rules.test(mailbox, example, given, direction)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(LONGEST + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > LONGEST:
        raise ConfigError(f"{file} is larger than the {LONGEST} bytes that are tried")
    return data


def _mailbox(wanted: str, known: Sequence[Mailbox]) -> MailboxId:
    if wanted:
        return MailboxId(wanted.strip().lower())
    if len(known) == 1:
        return known[0].id
    listed = ", ".join(f"{each.id} ({each.name})" for each in known) or "there is none"
    raise ConfigError(f"--mailbox must say whose rules are tried; known: {listed}")


def _attribute(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not written NAME=VALUE")
    return name.strip(), value


# --- As people read it ---------------------------------------------------------------


def _lines(tested: Tested) -> Iterator[str]:
    out = tested.direction is RuleDirection.OUT
    yield f"Rules ({tested.direction.value}), in the order they are tried:"
    for tried in tested.tried:
        yield f"  {'>' if tried.taken else '-'} {tried.name}: {tried.why or 'taken'}"
    if not tested.tried:
        yield "  none"
    if tested.default_rule:
        yield f"No rule takes it: the default rule {tested.default_rule.value} applies."
    if not out and tested.file_name:
        yield f"File name: {tested.file_name}"
    yield from _explained(tested)
    yield from _document("What the stylesheet sees", tested.source_xml)
    yield from _document("Result", tested.result)
    problem = tested.problem
    if problem is None:
        return
    yield f"Failed in the step {problem.step} ({problem.code}): {problem.message}"
    yield from _part("Messages", problem.details)
    if problem.remedy:
        yield f"What to do next: {problem.remedy}"


def _explained(tested: Tested) -> Iterator[str]:
    told = tested.explanation
    yield from _part(
        "Look-ups", [f"{x.call} = {_answer(x.answer)}" for x in told.lookups]
    )
    yield from _part(
        "Steps", [f"{step}: {ms:.1f} ms" for step, ms in told.steps.items()]
    )
    yield from _part("Warnings", tested.warnings)
    for made in told.envelopes:
        yield f"Envelope: {made.subject}"
        for one in made.addressees:
            yield f"  {one.role}: {one.mailbox} ({one.name})"


def _answer(answer: str | None) -> str:
    return "nothing found" if answer is None else repr(answer)


def _part(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from (f"  {line}" for line in lines)


def _document(title: str, data: bytes) -> Iterator[str]:
    if not data:
        return
    try:
        text = data.decode()
    except UnicodeDecodeError:
        yield f"{title}: {len(data)} bytes that are no text (--json gives them)"
        return
    more = len(text) > SHOWN
    yield f"{title}{' (the beginning; --json gives all)' if more else ''}:"
    yield text[:SHOWN].rstrip("\n")
