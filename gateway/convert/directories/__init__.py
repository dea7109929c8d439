"""Tables of messages: UN/EDIFACT directories D.94A to D.08A (facts from UNECE).

Also ISO 9735's service segments and CONTRL (service.json), and five transaction sets of
ANSI X12, version 004010 (x12.json). Their form: gateway.convert.tables.form.
"""
