"""A template, envelopes of it, rules for it: small, whole, valid documents."""

TEMPLATE = "11111111-1111-4111-8111-111111111111"
TEMPLATE_XML = f"""<template uuid="{TEMPLATE}" name="Order">
  <documents><document id="order" name="Order"><body>
    <field type="text" name="number" required="true"/>
    <field type="date" name="due"/>
    <field type="attachment" name="scan"/>
    <fieldgroup name="lines"><field type="text" name="article"/></fieldgroup>
  </body></document></documents>
  <flow><roles>
    <role id="buyer" title="Buyer" order="0"/>
    <role id="seller" title="Seller" order="1"/>
  </roles></flow>
</template>"""

ORDER_XML = "<order><number>4711</number></order>"

IN_STYLESHEET = """<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template match="/envelope">
    <erp><xsl:value-of select="documents/document/field[@name='number']"/></erp>
  </xsl:template>
</xsl:stylesheet>"""


def envelope_xml(seller: str, number: str = "4711", scan: str = "") -> str:
    attachment = (
        f'<field name="scan" attachmentUuid="{scan}">scan.pdf</field>' if scan else ""
    )
    return f"""<envelope templateUuid="{TEMPLATE}">
  <info><subject>Order {number}</subject><message>Hello</message></info>
  <flow><roles><role id="seller" mailboxUuid="{seller}"/></roles></flow>
  <documents><document id="order">
    <field name="number">{number}</field>{attachment}
    <fieldgroup name="lines"><fieldset index="0"><field name="article">nut</field>
    </fieldset></fieldgroup>
  </document></documents>
</envelope>"""


def out_stylesheet(seller: str) -> str:
    """Return XSLT that makes an envelope of ORDER_XML."""
    return f"""<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template match="/order">
    <envelope templateUuid="{TEMPLATE}">
      <info><subject>Order <xsl:value-of select="number"/></subject></info>
      <flow><roles><role id="seller" mailboxUuid="{seller}"/></roles></flow>
      <documents><document id="order">
        <field name="number"><xsl:value-of select="number"/></field>
      </document></documents>
    </envelope>
  </xsl:template>
</xsl:stylesheet>"""
