<?xml version="1.0" encoding="UTF-8"?>
<!-- An order's envelope to the XML that the supplier's ERP reads. -->
<xsl:stylesheet version="2.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:output method="xml" encoding="UTF-8" indent="yes"/>

  <xsl:template match="/envelope">
    <xsl:variable name="order" select="documents/document[@id = 'order']"/>
    <PurchaseOrder number="{$order/field[@name = 'number']}">
      <Ordered><xsl:value-of select="$order/field[@name = 'orderDate']"/></Ordered>
      <Deliver><xsl:value-of select="$order/field[@name = 'deliveryDate']"/></Deliver>
      <Currency><xsl:value-of select="$order/field[@name = 'currency']"/></Currency>
      <ShipTo><xsl:value-of select="$order/field[@name = 'shipTo']"/></ShipTo>
      <Note><xsl:value-of select="$order/field[@name = 'note']"/></Note>
      <Items>
        <xsl:for-each select="$order/fieldgroup[@name = 'lines']/fieldset">
          <Item line="{field[@name = 'line']}" article="{field[@name = 'article']}"
              ean="{field[@name = 'ean']}">
            <Description>
              <xsl:value-of select="field[@name = 'description']"/>
            </Description>
            <Quantity><xsl:value-of select="field[@name = 'quantity']"/></Quantity>
            <Price><xsl:value-of select="field[@name = 'price']"/></Price>
          </Item>
        </xsl:for-each>
      </Items>
    </PurchaseOrder>
  </xsl:template>
</xsl:stylesheet>
