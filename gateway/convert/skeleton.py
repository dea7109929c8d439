"""Stylesheets to begin a rule with, made from the template.

They run unchanged, and on each other's results: the one of IN rules makes plain XML
(gateway.convert.plain_names) of an envelope, the one of OUT rules an envelope of that.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from gateway.convert.plain_names import PlainNames, columns, groups, source_fields
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
_SPACES = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def out_skeleton(template: Template) -> str:
    """Return XSLT that makes an envelope of the template.

    Every field is there with the place it is read from: to be changed to where the
    file has it. Attachments that must be there take the source file itself.
    """
    return "".join((_HEAD, *_indented(_Out(template).lines(), 1), _TAIL))


def in_skeleton(template: Template) -> str:
    """Return XSLT that makes plain XML, an element for each value, of an envelope."""
    return "".join((_HEAD, *_indented(_In(template).lines(), 1), _TAIL))


# --- OUT: a file becomes an envelope -------------------------------------------------


class _Out:
    def __init__(self, template: Template) -> None:
        self._template = template
        self._names = PlainNames.of(template)
        self._sources = source_fields(template)

    def lines(self) -> Iterator[str]:
        template = self._template
        yield _param("SENDER_MAILBOX", "")
        yield _param("TEMPLATE_UUID", template.id)
        yield _param("TEMPLATE_VERSION", template.version)
        yield _param("FILE_NAME", "")
        yield f"<!-- {_comment(template.name)} -->"
        yield '<xsl:template match="/">'
        for number, role in enumerate(template.roles, 1):
            if role != template.sending_role:
                select = f"/message/roles/role[@id={_literal(role.id)}]"
                yield f'  <xsl:variable name="role-{number}" select="{select}"/>'
        yield (
            '  <envelope templateUuid="{$TEMPLATE_UUID}"'
            ' templateVersion="{$TEMPLATE_VERSION}">'
        )
        yield "    <info>"
        yield (
            '      <subject><xsl:value-of select="(/message/subject, $FILE_NAME)[1]"/>'
            "</subject>"
        )
        yield '      <message><xsl:value-of select="/message/text"/></message>'
        yield "    </info>"
        yield "    <flow>"
        yield "      <roles>"
        for number, role in enumerate(template.roles, 1):
            yield from _indented_lines(self._role(role, number), 4)
        yield "      </roles>"
        yield "    </flow>"
        yield "    <documents>"
        for document in template.documents:
            yield from _indented_lines(self._document(document), 3)
        yield "    </documents>"
        yield "  </envelope>"

    def _role(self, role: RoleDef, number: int) -> Iterator[str]:
        name, mark = _comment(role.title or role.id), _attribute(role.id)
        if role == self._template.sending_role:
            yield f"<!-- {name}: sends -->"
            yield f'<role id={mark} mailboxUuid="{{$SENDER_MAILBOX}}"/>'
            return
        place = f"$role-{number}"
        yield f"<!-- {name}: a uuid, or wd:getMailboxUuidByAlias('an alias') -->"
        yield (
            f'<role id={mark} mailboxUuid="{{if ({place}/@mailbox) then'
            f' {place}/@mailbox else wd:getMailboxUuidByAlias({place}/@alias)}}"/>'
        )

    def _document(self, document: DocumentDef) -> Iterator[str]:
        path = f"/message/{self._names.documents[document.id]}/"
        yield f"<!-- {_comment(document.name)} -->"
        yield f"<document id={_attribute(document.id)}>"
        for field in columns(document, ""):
            yield from _indented_lines(self._field(field, path), 1)
        for group in groups(document):
            rows = f"{path}{self._names.tables[document.id, group]}/row"
            yield f"  <fieldgroup name={_attribute(group)}>"
            yield f'    <xsl:for-each select="{rows}">'
            yield '      <fieldset index="{position() - 1}">'
            for field in columns(document, group):
                yield from _indented_lines(self._field(field, ""), 4)
            yield "      </fieldset>"
            yield "    </xsl:for-each>"
            yield "  </fieldgroup>"
        yield "</document>"

    def _field(self, field: FieldDef, path: str) -> Iterator[str]:
        yield f"<!-- {_about(field)} -->"
        name, place = _attribute(field.name), path + self._names.field(field)
        if field in self._sources:
            yield (
                f'<field name={name} attachmentUuid="{{({place}/@uuid,'
                ' wd:createAttachementWithSourceFile())[1]}">'
                f'<xsl:value-of select="({place}, $FILE_NAME)[1]"/></field>'
            )
        elif field.type is FieldType.ATTACHMENT:
            yield f'<xsl:for-each select="{place}[@uuid]">'
            yield (
                f'  <field name={name} attachmentUuid="{{@uuid}}">'
                '<xsl:value-of select="."/></field>'
            )
            yield "</xsl:for-each>"
        elif field.multiple:
            yield (
                f'<field name={name}><xsl:for-each select="{place}"><value>'
                '<xsl:value-of select="."/></value></xsl:for-each></field>'
            )
        elif field.type is FieldType.DICTIONARY:
            yield (
                f'<field name={name}><xsl:if test="{place}/@record">'
                f'<xsl:attribute name="recordUuid" select="{place}/@record"/></xsl:if>'
                f'<xsl:value-of select="{place}"/></field>'
            )
        else:
            yield f'<field name={name}><xsl:value-of select="{place}"/></field>'


# --- IN: an envelope becomes a file --------------------------------------------------


class _In:
    def __init__(self, template: Template) -> None:
        self._template = template
        self._names = PlainNames.of(template)

    def lines(self) -> Iterator[str]:
        yield f"<!-- {_comment(self._template.name)} -->"
        yield '<xsl:template match="/envelope">'
        yield '  <message envelope="{@uuid}" template="{@templateUuid}">'
        yield '    <subject><xsl:value-of select="info/subject"/></subject>'
        yield '    <text><xsl:value-of select="info/message"/></text>'
        yield "    <roles>"
        yield '      <xsl:for-each select="flow/roles/role">'
        yield '        <role id="{@id}" mailbox="{@mailboxUuid}"/>'
        yield "      </xsl:for-each>"
        yield "    </roles>"
        for document in self._template.documents:
            yield from _indented_lines(self._document(document), 2)
        yield "  </message>"

    def _document(self, document: DocumentDef) -> Iterator[str]:
        tag = self._names.documents[document.id]
        select = f"documents/document[@id={_literal(document.id)}]"
        yield f"<!-- {_comment(document.name)} -->"
        yield f'<xsl:for-each select="{select}">'
        yield f"  <{tag}>"
        for field in columns(document, ""):
            yield from _indented_lines(self._field(field), 2)
        for group in groups(document):
            table = self._names.tables[document.id, group]
            yield f"    <{table}>"
            select = f"fieldgroup[@name={_literal(group)}]/fieldset"
            yield f'      <xsl:for-each select="{select}">'
            yield "        <row>"
            for field in columns(document, group):
                yield from _indented_lines(self._field(field), 5)
            yield "        </row>"
            yield "      </xsl:for-each>"
            yield f"    </{table}>"
        yield f"  </{tag}>"
        yield "</xsl:for-each>"

    def _field(self, field: FieldDef) -> Iterator[str]:
        tag, path = self._names.field(field), f"field[@name={_literal(field.name)}]"
        yield f"<!-- {_about(field)} -->"
        extra = {FieldType.ATTACHMENT: "uuid", FieldType.DICTIONARY: "record"}
        if field.type in extra and not field.multiple:
            said = extra[field.type]
            held = "attachmentUuid" if said == "uuid" else "recordUuid"
            yield f'<xsl:for-each select="{path}">'
            yield (
                f'  <{tag}><xsl:if test="@{held}"><xsl:attribute name="{said}"'
                f' select="@{held}"/></xsl:if><xsl:value-of select="."/></{tag}>'
            )
            yield "</xsl:for-each>"
        elif field.multiple:
            values = f"{path}/(if (value) then value else text())"
            yield f'<xsl:for-each select="{values}">'
            yield f'  <{tag}><xsl:value-of select="."/></{tag}>'
            yield "</xsl:for-each>"
        else:
            yield f'<{tag}><xsl:value-of select="{path}"/></{tag}>'


# --- Pieces --------------------------------------------------------------------------


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


def _indented_lines(lines: Iterator[str], depth: int) -> Iterator[str]:
    return ("  " * depth + line for line in lines)


def _indented(lines: Iterator[str], depth: int) -> Iterator[str]:
    return (line + "\n" for line in _indented_lines(lines, depth))
