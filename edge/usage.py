"""What a process uses, and how warm the processor is."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from time import monotonic, process_time


def resident_mb(process: int | str = "self") -> float:
    """The current resident memory of a process.

    OSError or KeyError if the process has ended or the system does not report it.
    """
    return status_mb(process, "VmRSS")


def status_mb(process: int | str, name: str) -> float:
    """A value of /proc/PID/status in MB."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return int(dict(line.split(":", 1) for line in lines)[name].split()[0]) / 1024


def own_memory_mb() -> float | None:
    """The current resident memory of this process; None if the system does not report it."""
    try:
        return resident_mb()
    except (OSError, KeyError, ValueError):
        return None


def processor_temperature(root: Path = Path("/")) -> float | None:
    """In degrees Celsius, the highest of several sensors; of any sensor if none belongs to the
    processor, None if there is none."""
    degrees_c = {}
    for zone in sorted(root.glob("sys/class/thermal/thermal_zone*")):
        with contextlib.suppress(OSError, ValueError):
            kind = (zone / "type").read_text(encoding="utf-8") if (zone / "type").exists() else ""
            degrees_c[f"{zone.name} {kind}"] = (
                float((zone / "temp").read_text(encoding="utf-8")) / 1000
            )
    of_cpu = [c for name, c in degrees_c.items() if re.search("cpu|x86_pkg|soc|core", name, re.I)]
    return max(of_cpu or degrees_c.values(), default=None)


class CpuMeter:
    """The processor time of this process between two readings."""

    def __init__(self) -> None:
        self._wall, self._cpu = monotonic(), process_time()

    def percent(self) -> float | None:
        """Of one core, since the previous reading; None if no time has passed."""
        wall, cpu = monotonic(), process_time()
        elapsed, used = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        return 100 * used / elapsed if elapsed > 0 else None
