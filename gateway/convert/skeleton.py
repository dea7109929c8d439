"""Stylesheets to begin a rule with, made from the template."""

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from gateway.core.template import DocumentDef, FieldDef, FieldType, RoleDef, Template

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions"
    exclude-result-prefixes="wd">
  <xsl:output method="xml" encoding="UTF-8" indent="yes"/>
"""
_TAIL = """\
  </xsl:template>
</xsl:stylesheet>
"""
# XML 1.0 section 2.3, without the colon
_STARTS = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff"
    "\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf"
    "\ufdf0-\ufffd\U00010000-\U000effff"
)
_NOT_IN_NAMES = re.compile(rf"[^{_STARTS}\-.0-9\u00b7\u0300-\u036f\u203f-\u2040]")
_NAME_START = re.compile(f"[{_STARTS}]")
_SPACES = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def out_skeleton(template: Template) -> str:
    """Return XSLT that makes an envelope of the template out of any XML.

    Every field is there, empty, with what it must be; the first attachment field of
    the sender takes the source file itself.
    """
    return "".join((_HEAD, *_indented(_out(template), 1), _TAIL))


def in_skeleton(template: Template) -> str:
    """Return XSLT that makes plain XML, an element for each field, of an envelope."""
    return "".join((_HEAD, *_indented(_in(template), 1), _TAIL))


# --- OUT: a file becomes an envelope -------------------------------------------------


def _out(template: Template) -> Iterator[str]:
    yield _param("SENDER_MAILBOX", "")
    yield _param("TEMPLATE_UUID", template.id)
    yield _param("TEMPLATE_VERSION", template.version)
    yield _param("FILE_NAME", "")
    yield f"<!-- {_comment(template.name)} -->"
    yield '<xsl:template match="/">'
    yield (
        '  <envelope templateUuid="{$TEMPLATE_UUID}"'
        ' templateVersion="{$TEMPLATE_VERSION}">'
    )
    yield "    <info>"
    yield '      <subject><xsl:value-of select="$FILE_NAME"/></subject>'
    yield "      <message/>"
    yield "    </info>"
    yield "    <flow>"
    yield "      <roles>"
    for role in template.roles:
        yield from _indented_lines(_role(role, template), 4)
    yield "      </roles>"
    yield "    </flow>"
    yield "    <documents>"
    source = _source_field(template)
    for document in template.documents:
        yield from _indented_lines(_out_document(document, source), 3)
    yield "    </documents>"
    yield "  </envelope>"


def _role(role: RoleDef, template: Template) -> Iterator[str]:
    name = _comment(role.title or role.id)
    if role == template.sending_role:
        yield f"<!-- {name}: sends -->"
        yield f'<role id={_attribute(role.id)} mailboxUuid="{{$SENDER_MAILBOX}}"/>'
        return
    yield f"<!-- {name}: a uuid, or {{wd:getMailboxUuidByAlias('an alias')}} -->"
    yield f'<role id={_attribute(role.id)} mailboxUuid=""/>'


def _source_field(template: Template) -> FieldDef | None:
    """Return the field that the source file itself goes into."""
    ours = {"", template.sending_role.id}
    fields = (field for document in template.documents for field in document.fields)
    return next(
        (
            field
            for field in fields
            if field.type is FieldType.ATTACHMENT
            and field.role in ours
            and not field.group
        ),
        None,
    )


def _out_document(document: DocumentDef, source: FieldDef | None) -> Iterator[str]:
    yield f"<!-- {_comment(document.name)} -->"
    yield f"<document id={_attribute(document.id)}>"
    for field in _columns(document, ""):
        yield from _indented_lines(_out_field(field, field is source), 1)
    for group in _groups(document):
        yield f"  <fieldgroup name={_attribute(group)}>"
        yield "    <!-- choose what makes a row, as //LINE -->"
        yield '    <xsl:for-each select="()">'
        yield '      <fieldset index="{position() - 1}">'
        for field in _columns(document, group):
            yield from _indented_lines(_out_field(field, source=False), 4)
        yield "      </fieldset>"
        yield "    </xsl:for-each>"
        yield "  </fieldgroup>"
    yield "</document>"


def _out_field(field: FieldDef, source: bool) -> Iterator[str]:  # noqa: FBT001 - private, named by its parameter
    yield f"<!-- {_about(field)} -->"
    name = _attribute(field.name)
    if source:
        yield (
            f"<field name={name}"
            ' attachmentUuid="{wd:createAttachementWithSourceFile()}">'
            '<xsl:value-of select="$FILE_NAME"/></field>'
        )
    elif field.multiple:
        yield f"<field name={name}><value><xsl:value-of select=\"''\"/></value></field>"
    else:
        yield f"<field name={name}><xsl:value-of select=\"''\"/></field>"


# --- IN: an envelope becomes a file --------------------------------------------------


def _in(template: Template) -> Iterator[str]:
    yield f"<!-- {_comment(template.name)} -->"
    yield '<xsl:template match="/envelope">'
    yield '  <message envelope="{@uuid}" template="{@templateUuid}">'
    yield '    <subject><xsl:value-of select="info/subject"/></subject>'
    for document in template.documents:
        yield from _indented_lines(_in_document(document), 2)
    yield "  </message>"


def _in_document(document: DocumentDef) -> Iterator[str]:
    tag = _tag(document.id)
    yield f"<!-- {_comment(document.name)} -->"
    yield f'<xsl:for-each select="documents/document[@id={_literal(document.id)}]">'
    yield f"  <{tag}>"
    for field in _columns(document, ""):
        yield from _indented_lines(_in_field(field), 2)
    for group in _groups(document):
        table = _tag(group)
        yield f"    <{table}>"
        select = f"fieldgroup[@name={_literal(group)}]/fieldset"
        yield f'      <xsl:for-each select="{select}">'
        yield "        <row>"
        for field in _columns(document, group):
            yield from _indented_lines(_in_field(field), 5)
        yield "        </row>"
        yield "      </xsl:for-each>"
        yield f"    </{table}>"
    yield f"  </{tag}>"
    yield "</xsl:for-each>"


def _in_field(field: FieldDef) -> Iterator[str]:
    tag, path = _tag(field.name), f"field[@name={_literal(field.name)}]"
    yield f"<!-- {_about(field)} -->"
    if field.type is FieldType.ATTACHMENT:
        yield f'<xsl:for-each select="{path}">'
        yield f'  <{tag} uuid="{{@attachmentUuid}}"><xsl:value-of select="."/></{tag}>'
        yield "</xsl:for-each>"
    elif field.multiple:
        yield f'<xsl:for-each select="{path}/(if (value) then value else text())">'
        yield f'  <{tag}><xsl:value-of select="."/></{tag}>'
        yield "</xsl:for-each>"
    else:
        yield f'<{tag}><xsl:value-of select="{path}"/></{tag}>'


# --- Pieces --------------------------------------------------------------------------


def _groups(document: DocumentDef) -> Sequence[str]:
    return list(dict.fromkeys(field.group for field in document.fields if field.group))


def _columns(document: DocumentDef, group: str) -> Sequence[FieldDef]:
    return [field for field in document.fields if field.group == group]


def _about(field: FieldDef) -> str:
    words = [field.type.value]
    words += ["required"] if field.required else []
    words += ["several values"] if field.multiple else []
    words += [f"of role {field.role}"] if field.role else []
    words += [f"one of {', '.join(field.options)}"] if field.options else []
    return _comment(f"{field.title or field.name}: {', '.join(words)}")


def _param(name: str, value: str) -> str:
    return f'<xsl:param name="{name}" select="{_literal(value)}"/>'


def _comment(text: str) -> str:
    """Return text that may stand in an XML comment, on one line."""
    return " ".join(text.replace("--", "- -").replace("--", "- -").split())


def _attribute(text: str) -> str:
    """Return a quoted attribute of a literal result element: braces mean themselves."""
    return '"' + escape(text, {'"': "&quot;", "{": "{{", "}": "}}", **_SPACES}) + '"'


def _literal(text: str) -> str:
    """Return an XPath string inside an attribute in double quotes."""
    return "'" + escape(text.replace("'", "''"), {'"': "&quot;", **_SPACES}) + "'"


def _tag(text: str) -> str:
    """Return an element's name that is as near to `text` as XML allows."""
    name = _NOT_IN_NAMES.sub("_", text)
    return name if _NAME_START.match(name) else "_" + name


def _indented_lines(lines: Iterator[str], depth: int) -> Iterator[str]:
    return ("  " * depth + line for line in lines)


def _indented(lines: Iterator[str], depth: int) -> Iterator[str]:
    return (line + "\n" for line in _indented_lines(lines, depth))
