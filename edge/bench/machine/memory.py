"""The memory that a process uses."""

from __future__ import annotations

import resource

from edge.usage import status_mb


def peak_mb() -> float:
    """The largest resident memory of this process since its program started.

    ru_maxrss is only the fallback, because it includes the memory of the parent process.
    """
    try:
        return status_mb("self", "VmHWM")
    except (OSError, KeyError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
