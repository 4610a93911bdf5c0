"""The memory that a process uses."""

from __future__ import annotations

import sys

from edge.usage import status_mb


def peak_mb() -> float | None:
    """The largest resident memory of this process since its program started; None on Windows.

    ru_maxrss is only the fallback, because it includes the memory of the parent process.
    """
    try:
        return status_mb("self", "VmHWM")
    except (OSError, KeyError):
        pass
    try:
        import resource
    except ImportError:
        return None
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # bytes on macOS, else kB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
