"""Bytes to bytes: sources, XSLT and checks, in killable workers."""
