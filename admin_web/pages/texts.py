"""Texts that Python hands to a template, which translates them when it is shown."""

from gateway.core.errors import N_

__all__ = ["N_"]
