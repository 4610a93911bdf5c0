"""The memory that a process uses."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """The largest resident memory of this process since its program started.

    ru_maxrss is only the fallback, because it includes the memory of the parent process.
    """
    try:
        return _status_mb("self", "VmHWM")
    except (OSError, KeyError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_mb(process: int) -> float:
    """The current resident memory of a process.

    OSError or KeyError if the process has ended or the system does not report it.
    """
    return _status_mb(str(process), "VmRSS")


def _status_mb(process: str, name: str) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(dict(line.split(":", 1) for line in lines)[name].split()[0]) / 1024
