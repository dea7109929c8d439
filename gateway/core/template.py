"""The template: what an envelope of a kind must look like, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from gateway.core.model import TemplateId, TemplateVersionId

FILE_TEMPLATE = TemplateId("00000000-0000-4000-8000-00000000f11e")
FILE_TEMPLATE_VERSION = TemplateVersionId("00000000-0000-4000-8000-0000f11e0001")
"""The built-in template "File": one attachment, no fields."""


class FieldType(Enum):
    """The types of SPEC section 6 and those a form needs beside them."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    CURRENCY = "currency"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    CHECKBOX = "checkbox"
    SELECT = "select"
    DICTIONARY = "dictionary"
    LOOKUP = "lookup"
    FORMULA = "formula"
    DUPLICATE = "duplicate"
    AUTONUMBER = "autonumber"
    ATTACHMENT = "attachment"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDef:
    """One field; *group* names its table, empty outside of tables.

    *role* is the role that fills it; *dictionary* the uuid of a dictionary field's
    dictionary; *options* the values a select allows; *multiple* allows several values.
    """

    document: str
    name: str
    type: FieldType
    group: str = ""
    required: bool = False
    multiple: bool = False
    role: str = ""
    title: str = ""
    dictionary: str = ""
    options: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DocumentDef:
    """One document of the template and its fields in order."""

    id: str
    name: str
    fields: Sequence[FieldDef]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDef:
    """A role; the one with the lowest *order* sends."""

    id: str
    title: str = ""
    type: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One version of a template."""

    id: TemplateId
    version: TemplateVersionId
    name: str
    documents: Sequence[DocumentDef]
    roles: Sequence[RoleDef]

    @property
    def sending_role(self) -> RoleDef:
        """The role with the lowest order; of equal ones, the first."""
        return min(self.roles, key=lambda role: role.order)
