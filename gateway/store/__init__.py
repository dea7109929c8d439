"""The only SQL: one module per aggregate, one method one transaction."""
