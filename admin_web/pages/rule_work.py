"""What is done with the form of a rule before it is saved: files, skeleton, Execute."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from zipfile import ZipFile

from aiohttp import web

from admin_web.pages.code_lines import Lines, lines_of, text_of
from admin_web.pages.page import Visit
from admin_web.pages.rule_form import RuleForm, draft_of, refused
from admin_web.pages.texts import N_
from gateway.core.desk.rules import Example, Executed
from gateway.core.desk.templates import TemplateView
from gateway.core.errors import Invalid, NotFound
from gateway.core.model import MailboxId
from gateway.core.naming import FIELD_TYPES
from gateway.core.rules import Rule, RuleDirection, Validation
from gateway.core.template import Template

EXAMPLE_MAX = 16 << 20
TEXT_MAX = 5 << 20
NOTHING = Lines(())
NO_EXAMPLE = N_("Choose an example: a file as the remote server sends it.")
NO_TEXT = N_("The file is not text, or in another encoding than it declares.")
NO_SCHEMA = N_("A validation file must end in .xsd or .sch.")
TOO_LARGE = N_("The example is larger than 16 MB; choose a smaller one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The template of the rule: its versions, the latest first, and one as values."""

    versions: Sequence[TemplateView]
    definition: Template

    @property
    def fields(self) -> Sequence[tuple[str, str]]:
        """The fields that a file name can take: how it is written, what it is."""
        return [
            (
                json.dumps({field.document: field.name}, ensure_ascii=False),
                f"{document.name}: {field.title or field.name}",
            )
            for document in self.definition.documents
            for field in document.fields
            if not field.group and field.type in FIELD_TYPES
        ]

    @property
    def field_count(self) -> int:
        return sum(len(document.fields) for document in self.definition.documents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What Execute gave: a result, or why there is none.

    Of an archive *members* are the names and bytes of its files.
    """

    executed: Executed | None = None
    lines: Lines = NOTHING
    members: Sequence[tuple[str, int]] = ()
    problem: Invalid | None = None
    milliseconds: int = 0

    @property
    def message(self) -> str:
        """What went wrong, without the line: that is told beside it."""
        told = self.problem.message if self.problem else ""
        return told.removeprefix(f"Stylesheet line {self.line}: ")

    @property
    def line(self) -> int | None:
        """The line of the stylesheet that is to blame."""
        problem = self.problem
        if problem is None or not problem.code.startswith("xslt-"):
            return None
        line = problem.data.get("line", "")
        return int(line) if line.isdecimal() else None


async def with_files(visit: Visit, form: RuleForm) -> RuleForm:
    """Return the form with the files that were sent along."""
    for file in visit.form.uploads("exampleFile"):
        if file.filename:
            form = await _with_example(visit, form, file)
    for file in visit.form.uploads("validationFile"):
        if file.filename:
            form = await _with_validation(form, file)
    for file in visit.form.uploads("stylesheetFile"):
        if not file.filename:
            continue
        text = text_of(await _read(file, TEXT_MAX))
        if text is None or len(text) > TEXT_MAX:
            form = form.wrong(stylesheet=NO_TEXT)
        else:
            form = form.having(stylesheet=text)
    return form


async def _with_example(visit: Visit, form: RuleForm, file: web.FileField) -> RuleForm:
    data = await _read(file, EXAMPLE_MAX)
    if len(data) > EXAMPLE_MAX:
        return form.wrong(example=TOO_LARGE)
    try:
        looked = await visit.desk.rules.look(
            Example(file.filename, data), _attributes(form)
        )
    except Invalid as refusal:
        gone = form.having(exampleToken="", exampleName=file.filename)
        return gone.wrong(example=refusal.message)
    return form.having(exampleToken=looked.token, exampleName=file.filename)


def _attributes(form: RuleForm) -> Mapping[str, str]:
    """Return what the list says; some tell how the example is to be read."""
    return {name: value for name, value in form.attributes if name}


async def _with_validation(form: RuleForm, file: web.FileField) -> RuleForm:
    name = file.filename
    text = text_of(await _read(file, TEXT_MAX))
    if not name.lower().endswith((".xsd", ".sch")):
        return form.wrong(validations=NO_SCHEMA)
    if text is None:
        return form.wrong(validations=NO_TEXT)
    others = [one for one in form.validations if one.name.lower() != name.lower()]
    return replace(form, validations=[*others, Validation(name, text)])


async def _read(file: web.FileField, most: int) -> bytes:
    return await asyncio.to_thread(file.file.read, most + 1)


async def with_template(
    visit: Visit, form: RuleForm, *, fresh: bool, anew: bool = False
) -> tuple[RuleForm, Chosen | None]:
    """Return the form with what its template gives.

    *fresh* replaces a skeleton that nobody has changed, *anew* whatever is there.
    """
    if not form.template:
        return form, None
    templates = visit.desk.templates
    try:
        versions = await templates.versions(form.template)
    except NotFound as refusal:
        return form.wrong(templateUuid=refusal.message), None
    form = _with_version(form, versions)
    definition = await templates.definition(form.template, form.version)
    stylesheet = form.text("stylesheet")
    untouched = not stylesheet.strip() or _digest(stylesheet) == form.text("skeleton")
    if anew or (fresh and untouched):
        text = await templates.skeleton(form.template, form.version, form.direction)
        form = form.having(stylesheet=text, skeleton=_digest(text))
        form = await _with_made_example(visit, form)
    return form, Chosen(versions=versions, definition=definition)


async def _with_made_example(visit: Visit, form: RuleForm) -> RuleForm:
    """Return the form of an OUT rule with the file that its skeleton can run on.

    A file that somebody chose stays.
    """
    if form.direction is RuleDirection.IN:
        return form
    made = await visit.desk.templates.example_file(
        form.template, form.version, visit.mailbox
    )
    if form.text("exampleName") not in {"", made.name}:
        return form
    looked = await visit.desk.rules.look(made)
    return form.having(exampleToken=looked.token, exampleName=made.name)


def _with_version(form: RuleForm, versions: Sequence[TemplateView]) -> RuleForm:
    asked = f"{form.direction.value} {form.template}"
    version = form.text("templateVersion")
    if form.text("asked") != asked or version not in {one.version for one in versions}:
        version = ""
    if not version and form.direction is RuleDirection.OUT:
        version = versions[0].version
    return form.having(templateVersion=version, asked=asked)


def _digest(text: str) -> str:
    lines = text.replace("\r\n", "\n").rstrip("\n")
    return hashlib.sha256(lines.encode()).hexdigest()


async def example_of(visit: Visit, form: RuleForm) -> tuple[RuleForm, Lines]:
    """Return what the stylesheet will see of the example, as far as there is one."""
    if form.error("example") or form.error("templateUuid"):
        return form, NOTHING
    try:
        if form.direction is RuleDirection.IN:
            if not form.template:
                return form, NOTHING
            xml = await visit.desk.templates.example(form.template, form.version)
        elif form.text("exampleToken"):
            example = await visit.desk.rules.looked(form.text("exampleToken"))
            xml = (await visit.desk.rules.look(example, _attributes(form))).source_xml
        else:
            return form, NOTHING
    except Invalid as refusal:
        return form.wrong(example=refusal.message), NOTHING
    return form, await asyncio.to_thread(lines_of, xml)


async def kept_example(visit: Visit, form: RuleForm, rule: Rule) -> RuleForm:
    """Return the form with the example that was kept with the rule."""
    if rule.example is None or rule.direction is RuleDirection.IN:
        return form
    content = await visit.desk.rules.example(rule.id)
    data = b"".join([chunk async for chunk in content.chunks])
    form = form.having(exampleName=rule.example_name)
    try:
        looked = await visit.desk.rules.look(
            Example(rule.example_name, data), _attributes(form)
        )
    except Invalid as refusal:
        return form.wrong(example=refusal.message)
    return form.having(exampleToken=looked.token)


async def execute(
    visit: Visit, form: RuleForm, mailbox: MailboxId, rule: Rule | None
) -> tuple[RuleForm, Outcome]:
    """Run the form as it stands."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    form = form.having(executeToken="")
    try:
        done = await run(visit, form, mailbox, rule)
    except Invalid as problem:
        spent = round((loop.time() - started) * 1000)
        if "step" not in problem.data:
            form = refused(form, problem)
        elif places := _places(problem):
            form = refused(form, Invalid(problem.message, data=places))
        return form, Outcome(problem=problem, milliseconds=spent)
    spent = round((loop.time() - started) * 1000)
    form = form.having(executeToken=done.execute_token)
    if form.zip is not None:
        members = await asyncio.to_thread(_members, done.result)
        return form, Outcome(executed=done, members=members, milliseconds=spent)
    lines = await asyncio.to_thread(lines_of, done.result)
    return form, Outcome(executed=done, lines=lines, milliseconds=spent)


def _places(problem: Invalid) -> dict[str, str]:
    """Return the attributes that the conversion could not be made with."""
    items = problem.data.items()
    wrong = [why for name, why in items if name.startswith("attributes.")]
    return {"attributes": wrong[0]} if wrong else {}


def _members(data: bytes) -> Sequence[tuple[str, int]]:
    with ZipFile(BytesIO(data)) as archive:
        return [(each.filename, each.file_size) for each in archive.infolist()]


async def run(
    visit: Visit, form: RuleForm, mailbox: MailboxId, rule: Rule | None
) -> Executed:
    """Run the form as it stands; Invalid tells why it cannot be."""
    draft = draft_of(form)
    owner = rule.mailbox if rule else mailbox
    example = None
    if form.direction is RuleDirection.OUT:
        await visit.desk.rules.preview(owner, draft, None)  # every field, at once
        if not form.text("exampleToken"):
            raise Invalid(NO_EXAMPLE, data={"example": NO_EXAMPLE})
        example = await visit.desk.rules.looked(form.text("exampleToken"))
    return await visit.desk.rules.execute(owner, draft, example, None)
