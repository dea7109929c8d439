<?xml version="1.0" encoding="UTF-8"?>
<!-- EDIFACT ORDERS to an envelope. The words between @ signs are filled in once. -->
<xsl:stylesheet version="2.0" exclude-result-prefixes="#all"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:my="urn:envelope-gateway:demo"
    xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions">

  <xsl:param name="SENDER_MAILBOX"/>
  <xsl:param name="TEMPLATE_UUID"/>
  <xsl:param name="TEMPLATE_VERSION"/>

  <xsl:variable name="products" select="'@PRODUCTS@'"/>
  <xsl:variable name="byEan" select="'@PRODUCTS.ean@'"/>
  <xsl:variable name="article" select="'@PRODUCTS.article@'"/>

  <!-- DTM format 102, 20261012, as 2026-10-12 -->
  <xsl:function name="my:date" as="xs:string">
    <xsl:param name="text"/>
    <xsl:sequence select="replace(string($text), '^(....)(..)(..)$', '$1-$2-$3')"/>
  </xsl:function>

  <xsl:template match="/EDIFACT">
    <xsl:apply-templates select="ORDERS[1]"/>
  </xsl:template>

  <xsl:template match="ORDERS">
    <xsl:variable name="number" select="BGM/BGM02"/>
    <xsl:variable name="supplier" select=".//NAD[NAD01 = 'SU']/NAD02/NAD0201"/>
    <xsl:variable name="shipTo" select=".//NAD[NAD01 = 'DP'][1]"/>
    <envelope templateUuid="{$TEMPLATE_UUID}" templateVersion="{$TEMPLATE_VERSION}">
      <info>
        <subject>Order <xsl:value-of select="$number"/></subject>
        <message/>
      </info>
      <flow>
        <roles>
          <role id="buyer" mailboxUuid="{$SENDER_MAILBOX}"/>
          <role id="supplier"
              mailboxUuid="{wd:getMailboxUuidByAlias(concat('GLN::', $supplier))}"/>
        </roles>
      </flow>
      <documents>
        <document id="order">
          <field name="number"><xsl:value-of select="$number"/></field>
          <field name="orderDate">
            <xsl:value-of select="my:date(DTM/DTM01[DTM0101 = '137']/DTM0102)"/>
          </field>
          <field name="deliveryDate">
            <xsl:value-of select="my:date(DTM/DTM01[DTM0101 = '2']/DTM0102)"/>
          </field>
          <field name="currency">
            <xsl:value-of select=".//CUX/CUX01[CUX0101 = '2']/CUX0102"/>
          </field>
          <field name="shipTo">
            <xsl:value-of separator=", "
                select="$shipTo/(NAD04/NAD0401, NAD05/NAD0501, NAD08, NAD06, NAD09)"/>
          </field>
          <field name="note">
            <xsl:value-of select="FTX/FTX04/*" separator=" "/>
          </field>
          <fieldgroup name="lines">
            <xsl:for-each select="*[LIN]">
              <xsl:variable name="ean" select="LIN/LIN03/LIN0301"/>
              <fieldset index="{position() - 1}">
                <field name="line"><xsl:value-of select="LIN/LIN01"/></field>
                <field name="ean"><xsl:value-of select="$ean"/></field>
                <field name="article">
                  <xsl:value-of select="wd:getValueFromDictionary(
                      $products, $byEan, string($ean), $article)"/>
                </field>
                <field name="description">
                  <xsl:value-of select="IMD/IMD03/(IMD0304, IMD0305)" separator=" "/>
                </field>
                <field name="quantity">
                  <xsl:value-of select="QTY/QTY01[QTY0101 = '21']/QTY0102"/>
                </field>
                <field name="price">
                  <xsl:value-of select=".//PRI/PRI01[PRI0101 = 'AAA']/PRI0102"/>
                </field>
              </fieldset>
            </xsl:for-each>
          </fieldgroup>
        </document>
      </documents>
    </envelope>
  </xsl:template>
</xsl:stylesheet>
