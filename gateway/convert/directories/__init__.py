"""Tables of the UN/EDIFACT directories D.94A to D.08A (facts from UNECE)."""
