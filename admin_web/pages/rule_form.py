"""The form of a rule: what is shown, what a browser sent, what that means.

Values have the names of the API where it has them.
"""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from admin_web.pages.page import Form
from admin_web.pages.texts import N_
from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import Invalid, Refusal
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.core.rules import (
    VALIDATE,
    Level,
    Match,
    MatchKind,
    Rule,
    RuleDirection,
    Validation,
    ZipKind,
)

TEXTS = (
    "name",
    "level",
    "direction",
    "kind",
    "pattern",
    "fileNamePattern",
    "zipKind",
    "templateUuid",
    "templateVersion",
    "validate",
    "executeToken",
    "exampleToken",
    "exampleName",
    "skeleton",
    "asked",
    "seen",
)
NO_TEMPLATE = N_("Choose a template: what the envelope must look like.")
FLAGS = ("enabled", "multiple", "zip")
Value = str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleForm:
    """What the form shows; *errors* say what is wrong by the name of the field.

    Among the values, *skeleton* is the digest of the last one given (so that one
    nobody changed may be replaced), *asked* what direction and template it was for,
    *seen* the digest of the saved rule when it was opened.
    """

    values: Mapping[str, Value]
    attributes: Sequence[tuple[str, str]] = ()
    validations: Sequence[Validation] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    def error(self, name: str) -> str:
        """Return what is wrong with the field."""
        return self.errors.get(name, "")

    def text(self, name: str) -> str:
        return str(self.values[name])

    @property
    def direction(self) -> RuleDirection:
        return RuleDirection(self.values["direction"])

    @property
    def zip(self) -> ZipKind | None:
        """The archive it sends instead of what it converts."""
        into = self.direction is RuleDirection.IN
        return ZipKind(self.text("zipKind")) if into and self.values["zip"] else None

    @property
    def template(self) -> TemplateId:
        return TemplateId(self.text("templateUuid").lower())

    @property
    def version(self) -> TemplateVersionId | None:
        chosen = self.text("templateVersion")
        return TemplateVersionId(chosen) if chosen else None

    @property
    def encoded(self) -> Sequence[tuple[str, str]]:
        """The validation files as they travel through the browser and back."""
        return [
            (x.name, b64encode(x.content.encode()).decode()) for x in self.validations
        ]

    def having(self, **values: Value) -> "RuleForm":
        """Return the form with these values."""
        return replace(self, values={**self.values, **values})

    def wrong(self, **errors: str) -> "RuleForm":
        """Return the form with these errors; what is said already stays."""
        return replace(self, errors={**errors, **self.errors})


def blank(direction: RuleDirection, level: Level) -> RuleForm:
    """Return the form of a new rule."""
    texts: dict[str, Value] = dict.fromkeys(TEXTS, "")
    return RuleForm(
        values={
            **texts,
            "name": N_("New rule"),
            "level": level.value,
            "enabled": True,
            "direction": direction.value,
            "kind": MatchKind.NAME.value,
            "fileNamePattern": "{envelopeUuid}.xml",
            "multiple": False,
            "zip": False,
            "zipKind": ZipKind.FULL.value,
            "stylesheet": "",
        }
    )


def shown(rule: Rule) -> RuleForm:
    """Return the form as the rule is saved."""
    form = blank(rule.direction, rule.level)
    values: dict[str, Value] = {
        "name": rule.name,
        "enabled": rule.enabled,
        "templateUuid": rule.template,
        "templateVersion": rule.template_version or "",
        "multiple": rule.multiple_envelopes,
        "stylesheet": rule.stylesheet,
        "seen": digest_of(rule),
        "asked": f"{rule.direction.value} {rule.template}",
    }
    if rule.match:
        values |= {"kind": rule.match.kind.value, "pattern": rule.match.pattern}
    if rule.zip:
        values |= {"zip": True, "zipKind": rule.zip.value}
    if rule.file_name_pattern:
        values["fileNamePattern"] = rule.file_name_pattern
    attributes = dict(rule.attributes)
    form = form.having(**values, validate=attributes.pop(VALIDATE, ""))
    return replace(
        form,
        attributes=tuple(attributes.items()),
        validations=tuple(rule.validations),
    )


def sent(form: Form, rule: Rule | None) -> RuleForm:
    """Return the form as the browser sent it."""
    values: dict[str, Value] = {name: form.text(name) for name in TEXTS}
    values |= {name: form.has(name) for name in FLAGS}
    for name, kind in (
        ("direction", RuleDirection),
        ("level", Level),
        ("kind", MatchKind),
        ("zipKind", ZipKind),
    ):
        if values[name] not in {each.value for each in kind}:
            values[name] = next(iter(kind)).value  # only who changed the page sends it
    values["stylesheet"] = as_before(
        form.raw("stylesheet"), rule.stylesheet if rule else ""
    )
    pairs = zip(
        _raws(form, "attributeName"), _raws(form, "attributeValue"), strict=False
    )
    attributes = [(name.strip(), _lines(value)) for name, value in pairs]
    return RuleForm(
        values=values,
        attributes=[pair for pair in attributes if any(pair)],
        validations=_validations(form),
    )


def draft_of(form: RuleForm) -> RuleDraft:
    """Return what the form means; Invalid if there is no template yet."""
    if not form.template:
        raise Invalid("template", data={"templateUuid": NO_TEMPLATE})
    attributes = _attributes(form)
    names = [name for name, _ in attributes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        why = N_("{twice} is there twice; give it once").format(twice=twice)
        raise Invalid(why, data={"attributes": why})
    out = form.direction is RuleDirection.OUT
    kind = MatchKind(form.text("kind"))
    return RuleDraft(
        direction=form.direction,
        template=form.template,
        name=form.text("name"),
        level=Level(form.text("level")),
        enabled=bool(form.values["enabled"]),
        template_version=form.version,
        match=Match(kind, form.text("pattern")) if out else None,
        multiple_envelopes=out and bool(form.values["multiple"]),
        stylesheet=form.text("stylesheet"),
        file_name_pattern="" if out else form.text("fileNamePattern"),
        zip=form.zip,
        attributes=dict(attributes),
        validations=form.validations,
    )


def _attributes(form: RuleForm) -> Sequence[tuple[str, str]]:
    """Return what stands in the list, and what the chooser of the target means."""
    target = form.text("validate")
    if form.direction is RuleDirection.IN or not target:
        return form.attributes
    return [*form.attributes, (VALIDATE, target)]


def refused(form: RuleForm, refusal: Refusal) -> RuleForm:
    """Return the form with the errors under the names that its fields have."""
    errors: dict[str, str] = {}
    for place, why in refusal.data.items():
        root, _, rest = place.partition(".")
        match root:
            case "match":
                errors.setdefault("pattern", why)
            case "attributes":
                errors.setdefault(root, f"{rest} {why}".strip())
            case "exampleContent" | "exampleName" | "exampleToken":
                errors.setdefault("example", why)
            case _:
                errors.setdefault(root, why)
    return replace(form, errors=errors or {"": refusal.message})


def digest_of(rule: Rule) -> str:
    """Return what changes whenever somebody saves the rule."""
    return hashlib.sha256(repr(RuleDraft.of(rule)).encode()).hexdigest()


def as_before(text: str, before: str) -> str:
    """Return the text; `before` if only the browser's own line ends differ from it."""
    return before if _lines(text) == _lines(before) else _lines(text)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _raws(form: Form, name: str) -> Sequence[str]:
    found = form.values.getall(name, ()) if form.values else ()
    return [each for each in found if isinstance(each, str)]


def _validations(form: Form) -> Sequence[Validation]:
    left_out = form.texts("removeValidation")
    found = []
    pairs = zip(
        form.texts("validationName"), form.texts("validationContent"), strict=False
    )
    for name, content in pairs:
        try:
            text = b64decode(content, validate=True).decode()
        except (Error, ValueError):
            continue  # only who changed the page sends this
        if name not in left_out:
            found.append(Validation(name, text))
    return found
