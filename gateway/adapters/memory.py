"""Memory that was needed for a moment goes back to the system.

glibc learns from the first large block that is freed to keep the next ones: after two
logins (argon2id takes 19 MiB) the process had 40 MB more for good.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3)
_LARGE = 1 << 20
_KEPT = 4 << 20  # free bytes at the end of the heap: enough to pass messages through


def give_back_large_blocks() -> bool:
    """Have malloc map large blocks one by one; False where it is not glibc's."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    large = mallopt(_MMAP_THRESHOLD, _LARGE)
    return bool(large and mallopt(_TRIM_THRESHOLD, _KEPT))
