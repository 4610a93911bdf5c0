"""Is the machine quiet and at its full speed? Looked at before and after everything."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from edge.bench.machine.description import SYSTEM, cpu_files, read

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
# Bits of the Raspberry Pi's firmware; 16 higher: since it was started.
FLAGS = {0: "under-voltage", 1: "clock capped", 2: "throttled", 3: "temperature limit"}
SINCE_START = 16
SLOW_GOVERNORS = ("powersave", "conservative")
LOAD = 0.5  # others' share of one core that is not quiet any more
HOT = 80.0  # degrees C: where a Pi begins to slow down
STOLEN = 0.02  # share of the time that a virtual machine's host took
CLOCK_CHANGE = 0.05


def look(root: Path = SYSTEM) -> dict[str, Any]:
    """What changes."""
    load = (read(root / "proc/loadavg") or "").split()
    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "load": _float(load[0]) if load else None,
        "governors": sorted(set(cpu_files(root, "cpufreq/scaling_governor"))) or None,
        "clock_mhz": _clocks_mhz(root),
        "temperature_c": _temperature(root),
        "throttled": throttled(root),
        "ticks": _ticks(root),
    }


def throttled(root: Path = SYSTEM) -> list[str] | None:
    """What the Pi's firmware complains of, now or since the start; None where there is none."""
    text = read(root / THROTTLED)
    if text is None and root == SYSTEM and shutil.which("vcgencmd"):
        text = _vcgencmd()
    try:
        return None if text is None else list(decoded(int(text.rpartition("=")[2], 16)))
    except ValueError:
        return None


def decoded(bits: int) -> Iterator[str]:
    for bit, name in FLAGS.items():
        if bits >> bit & 1:
            yield name
        if bits >> bit + SINCE_START & 1:
            yield f"{name} since the start"


def warnings(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Why the figures may be worse than the machine is."""
    if before["load"] is not None and before["load"] > LOAD:
        yield f"the machine was not quiet: its load was {before['load']:g} before we began"
    for governor in SLOW_GOVERNORS:
        if governor in (before["governors"] or ()):
            yield (
                f"the governor {governor} keeps the clock low: "
                "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
            )
    if before["governors"] != after["governors"]:
        yield "the governor was changed meanwhile"
    old, now = before["throttled"] or [], after["throttled"] or []
    for flag in now:
        if not flag.endswith("since the start"):
            yield f"the board is slowed down: {flag}"
        elif flag not in old:
            yield f"the board was slowed down meanwhile: {flag.partition(' since')[0]}"
    hottest = max((state["temperature_c"] or 0.0 for state in (before, after)), default=0.0)
    if hottest >= HOT:
        yield f"the processor is at {hottest:.0f} degrees C: cool it"
    if (stolen := stolen_share(before["ticks"], after["ticks"])) > STOLEN:
        yield f"other virtual machines took {stolen:.0%} of the time"


def clock_warning(clocks_khz: list[int | None]) -> str | None:
    """Of one row: the clock at the start and at the end of its runs."""
    known = [clock for clock in clocks_khz if clock]
    if len(known) < 2 or max(known) / min(known) - 1 <= CLOCK_CHANGE:
        return None
    return f"the clock went from {min(known) // 1000} to {max(known) // 1000} MHz"


def stolen_share(before: list[int] | None, after: list[int] | None) -> float:
    """Of the time in between; 0 where the system does not count it."""
    if not before or not after or len(before) < 8 or len(after) < 8:
        return 0.0
    spent = [b - a for a, b in zip(before[:8], after[:8], strict=True)]
    return spent[7] / sum(spent) if sum(spent) > 0 else 0.0


def _clocks_mhz(root: Path) -> list[float] | None:
    texts = cpu_files(root, "cpufreq/scaling_cur_freq")
    found = [khz / 1000 for text in texts if (khz := _float(text)) is not None]
    if not found:
        text = read(root / "proc/cpuinfo") or ""
        found = [float(mhz) for mhz in re.findall(r"^cpu MHz\s*: ([\d.]+)", text, re.MULTILINE)]
    return found or None


def _temperature(root: Path) -> float | None:
    """The hottest of the processor's; of whatever there is, where none says that it is its."""
    zones = sorted(root.glob("sys/class/thermal/thermal_zone*"))
    found = {
        f"{zone.name} {read(zone / 'type')}": degrees / 1000
        for zone in zones
        if (degrees := _float(read(zone / "temp"))) is not None
    }
    of_cpu = [c for name, c in found.items() if re.search("cpu|x86_pkg|soc|core", name, re.I)]
    return max(of_cpu or found.values(), default=None)


def _ticks(root: Path) -> list[int] | None:
    found = re.search(r"^cpu +([\d ]+)$", read(root / "proc/stat") or "", re.MULTILINE)
    return [int(tick) for tick in found[1].split()] if found else None


def _vcgencmd() -> str | None:
    try:
        done = subprocess.run(
            ["vcgencmd", "get_throttled"], capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _float(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
