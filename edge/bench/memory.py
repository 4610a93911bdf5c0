"""How much memory this process has used."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """The most that was resident at once since the program started.

    The system's other answer, ru_maxrss, begins with what the parent process had.
    """
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
