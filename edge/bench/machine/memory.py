"""How much memory a process has used."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """The most that was resident at once since the program started.

    The system's other answer, ru_maxrss, begins with what the parent process had.
    """
    try:
        return _status_mb("self", "VmHWM")
    except (OSError, KeyError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_mb(process: int) -> float:
    """What is resident now. OSError or KeyError where the system does not say, or of a process that
    has ended."""
    return _status_mb(str(process), "VmRSS")


def _status_mb(process: str, name: str) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(dict(line.split(":", 1) for line in lines)[name].split()[0]) / 1024
