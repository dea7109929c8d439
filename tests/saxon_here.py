"""Saxon in a test's own process, which has other threads than a worker."""

from functools import cache

from gateway.convert.xslt import Saxon


def saxon_here() -> Saxon:
    """Return a Saxon of its own.

    One stays for good: the last one that goes detaches Saxon from its thread, and where
    another thread collects it as garbage, Saxon ends the whole process (exit code 99).
    """
    _kept()
    return Saxon()


@cache
def _kept() -> Saxon:
    return Saxon()
