<?xml version="1.0" encoding="UTF-8"?>
<!-- What gateway/demo/files/order-out.xsl makes, in XSLT 1.0 and without look-ups. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template name="date">
    <xsl:param name="text"/>
    <xsl:value-of select="concat(substring($text, 1, 4), '-', substring($text, 5, 2),
        '-', substring($text, 7, 2))"/>
  </xsl:template>
  <xsl:template match="/EDIFACT">
    <xsl:apply-templates select="ORDERS[1]"/>
  </xsl:template>
  <xsl:template match="ORDERS">
    <xsl:variable name="number" select="BGM/BGM02"/>
    <xsl:variable name="shipTo" select="(.//NAD[NAD01 = 'DP'])[1]"/>
    <envelope templateUuid="t" templateVersion="">
      <info>
        <subject>Order <xsl:value-of select="$number"/></subject>
        <message/>
      </info>
      <flow>
        <roles>
          <role id="buyer" mailboxUuid="s"/>
          <role id="supplier"
              mailboxUuid="{concat('GLN::', .//NAD[NAD01 = 'SU']/NAD02/NAD0201)}"/>
        </roles>
      </flow>
      <documents>
        <document id="order">
          <field name="number"><xsl:value-of select="$number"/></field>
          <field name="orderDate">
            <xsl:call-template name="date">
              <xsl:with-param name="text"
                  select="DTM/DTM01[DTM0101 = '137']/DTM0102"/>
            </xsl:call-template>
          </field>
          <field name="deliveryDate">
            <xsl:call-template name="date">
              <xsl:with-param name="text" select="DTM/DTM01[DTM0101 = '2']/DTM0102"/>
            </xsl:call-template>
          </field>
          <field name="currency">
            <xsl:value-of select=".//CUX/CUX01[CUX0101 = '2']/CUX0102"/>
          </field>
          <field name="shipTo">
            <xsl:for-each select="$shipTo/NAD04/NAD0401 | $shipTo/NAD05/NAD0501
                | $shipTo/NAD08 | $shipTo/NAD06 | $shipTo/NAD09">
              <xsl:if test="position() &gt; 1">, </xsl:if>
              <xsl:value-of select="."/>
            </xsl:for-each>
          </field>
          <field name="note">
            <xsl:for-each select="FTX/FTX04/*">
              <xsl:if test="position() &gt; 1"><xsl:text> </xsl:text></xsl:if>
              <xsl:value-of select="."/>
            </xsl:for-each>
          </field>
          <fieldgroup name="lines">
            <xsl:for-each select="*[LIN]">
              <fieldset index="{position() - 1}">
                <field name="line"><xsl:value-of select="LIN/LIN01"/></field>
                <field name="ean"><xsl:value-of select="LIN/LIN03/LIN0301"/></field>
                <field name="article">
                  <xsl:value-of select="concat('article-', LIN/LIN03/LIN0301)"/>
                </field>
                <field name="description">
                  <xsl:value-of select="concat(IMD/IMD03/IMD0304, ' ',
                      IMD/IMD03/IMD0305)"/>
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
