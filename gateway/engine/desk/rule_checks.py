"""What must hold of a rule before it is tried or saved."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gateway.convert import template_xml
from gateway.core import naming
from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import N_, Invalid
from gateway.core.matching import check_pattern
from gateway.core.model import FileName
from gateway.core.rules import RuleDirection, Validation
from gateway.engine.desk import rule_options
from gateway.store import templates
from gateway.store.database import Database

NAME_MAX = 255
TEXT_MAX = 5 << 20
ATTRIBUTES_MAX = 100
ATTRIBUTE_MAX = 10_000
VALIDATIONS_MAX = 50
VALIDATION_ENDS = (".xsd", ".sch")


async def completed(db: Database, draft: RuleDraft) -> RuleDraft:
    """Return the draft with its template version filled in.

    Invalid names every field that is wrong. An OUT rule without a version gets the
    latest, an IN rule without one is for all versions.
    """
    wrong = dict([*_common(draft), *_directed(draft)])
    if wrong:
        raise _invalid(wrong)
    async with db.read() as conn:
        version = await templates.version(conn, draft.template, draft.template_version)
        any_version = version or await templates.version(conn, draft.template, None)
    if any_version is None:
        why = N_("There is no template {template}; import it first.").format(
            template=draft.template
        )
        raise Invalid(why, "template-unknown", {"templateUuid": why})
    if version is None:
        why = N_(
            "The version {template_version} does not belong to the template {name}; "
            "leave it out or take one of its versions."
        ).format(template_version=draft.template_version, name=any_version.name)
        raise Invalid(why, "template-version-mismatch", {"templateVersion": why})
    if draft.direction is RuleDirection.OUT:
        return replace(draft, name=draft.name.strip(), template_version=version.uuid)
    if draft.file_name_pattern:
        await _check_file_name(draft, version)
    return replace(draft, name=draft.name.strip(), match=None)


def check_reading(attributes: Mapping[str, str]) -> None:
    """Raise Invalid with every attribute of an OUT rule that has a wrong value."""
    wrong = dict(rule_options.wrong(RuleDirection.OUT, attributes))
    if wrong:
        raise _invalid(wrong)


async def _check_file_name(draft: RuleDraft, version: templates.Version) -> None:
    """Hold the pattern against the version (the latest one stands for all)."""
    pattern = naming.parse_pattern(draft.file_name_pattern)
    parsed = await asyncio.to_thread(template_xml.parse, version.xml.encode())
    template = template_xml.to_template(parsed, version.template, version.uuid)
    naming.check_against(pattern, template)


def _common(draft: RuleDraft) -> Iterator[tuple[str, str]]:
    name = draft.name.strip()
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        yield (
            "name",
            N_("must have 1 to {most} printable characters").format(most=NAME_MAX),
        )
    if len(draft.stylesheet) > TEXT_MAX:
        yield (
            "stylesheet",
            N_("must not be longer than {most} characters").format(most=TEXT_MAX),
        )
    yield from _attributes(draft.attributes)
    yield from rule_options.wrong(draft.direction, draft.attributes)
    yield from _validations(draft.validations)


def _validations(files: Sequence[Validation]) -> Iterator[tuple[str, str]]:
    if len(files) > VALIDATIONS_MAX:
        yield (
            "validations",
            N_("must not be more than {most} files").format(most=VALIDATIONS_MAX),
        )
    if sum(len(one.content) for one in files) > TEXT_MAX:
        yield (
            "validations",
            N_("must not hold more than {most} characters in all").format(
                most=TEXT_MAX
            ),
        )
    seen = set()
    for number, one in enumerate(files):
        where = f"validations.{number}.name"
        try:
            FileName(one.name)
        except ValueError as error:
            yield where, str(error)
            continue
        if not one.name.lower().endswith(VALIDATION_ENDS):
            yield (
                where,
                N_("{name} must end in .xsd or .sch").format(name=repr(one.name)),
            )
        if one.name.lower() in seen:
            yield (
                where,
                N_("{name} is there twice; give each file its own name").format(
                    name=repr(one.name)
                ),
            )
        seen.add(one.name.lower())


def _attributes(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if len(attributes) > ATTRIBUTES_MAX:
        yield (
            "attributes",
            N_("must not be more than {most}").format(most=ATTRIBUTES_MAX),
        )
    for key, value in attributes.items():
        if not 1 <= len(key) <= NAME_MAX or not key.isprintable():
            yield (
                "attributes",
                N_("a name must have 1 to {most} printable characters").format(
                    most=NAME_MAX
                ),
            )
        if len(value) > ATTRIBUTE_MAX:
            yield (
                f"attributes.{key}",
                N_("must not be over {most} characters").format(most=ATTRIBUTE_MAX),
            )


def _directed(draft: RuleDraft) -> Iterator[tuple[str, str]]:
    if draft.direction is RuleDirection.OUT:
        yield from _out(draft)
    else:
        yield from _into(draft)


def _out(draft: RuleDraft) -> Iterator[tuple[str, str]]:
    if draft.match is None or not draft.match.pattern:
        yield "match", "an OUT rule needs a pattern; write .* to match every file"
    else:
        try:
            check_pattern(draft.match)
        except Invalid as error:
            yield "match.pattern", error.message
    if draft.file_name_pattern:
        yield "fileNamePattern", "is only for IN rules; leave it empty"
    if draft.zip:
        yield "zip", "is only for IN rules; leave it out"


def _into(draft: RuleDraft) -> Iterator[tuple[str, str]]:
    if draft.match is not None and draft.match.pattern:
        yield "match", "is only for OUT rules: an IN rule matches by its template"
    if draft.multiple_envelopes:
        yield "multipleEnvelopes", "is only for OUT rules; leave it out"
    if draft.zip:  # an archive is not converted: better refused than not obeyed
        unused = N_("of an archive nothing is converted or checked; remove them")
        yield from ((name, unused) for name in _unused(draft))
    if not draft.file_name_pattern:
        yield "fileNamePattern", "is needed, for example {envelopeUuid}.xml"


def _unused(draft: RuleDraft) -> Iterator[str]:
    if draft.attributes:
        yield "attributes"
    if draft.validations:
        yield "validations"


def _invalid(wrong: Mapping[str, str]) -> Invalid:
    field, why = next(iter(wrong.items()))
    more = (
        N_(" ({count} more in data)").format(count=len(wrong) - 1)
        if len(wrong) > 1
        else ""
    )
    return Invalid(f"{field}: {why.rstrip('.')}{more}.", data=dict(wrong))
