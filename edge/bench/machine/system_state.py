"""Load, clock and temperature of the machine, read before and after a benchmark."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from edge.bench.machine.description import SYSTEM, cpu_files, read
from edge.usage import processor_temperature

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
# Bits of the Raspberry Pi's firmware: the condition exists now. The bit that is SINCE_START higher:
# the condition has existed since the board was started.
FLAGS = {0: "under-voltage", 1: "clock capped", 2: "throttled", 3: "temperature limit"}
SINCE_START = 16
SLOW_GOVERNORS = ("powersave", "conservative")
MAX_LOAD = 0.5  # load average before the benchmark, in cores; an idle machine has less
HOT_C = 80.0  # where a Pi begins to reduce its clock
MAX_STOLEN = 0.02  # share of the time in which the host did not run this virtual machine
MAX_CLOCK_CHANGE = 0.05  # relative, between the start and the end of a measurement
STEAL = 7  # index of the stolen time in the first line of /proc/stat


def read_state(root: Path = SYSTEM) -> dict[str, Any]:
    """The properties that may change while a benchmark runs."""
    load = (read(root / "proc/loadavg") or "").split()
    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "load": _float(load[0]) if load else None,
        "governors": sorted(set(cpu_files(root, "cpufreq/scaling_governor"))) or None,
        "clock_mhz": _clocks_mhz(root),
        "temperature_c": processor_temperature(root),
        "throttled": throttled(root),
        "ticks": _ticks(root),
    }


def throttled(root: Path = SYSTEM) -> list[str] | None:
    """The problems that a Pi's firmware reports, now or since the start; None on other machines."""
    text = read(root / THROTTLED)
    if text is None and root == SYSTEM and shutil.which("vcgencmd"):
        text = _vcgencmd()
    try:
        return None if text is None else list(decode_flags(int(text.rpartition("=")[2], 16)))
    except ValueError:
        return None


def decode_flags(bits: int) -> Iterator[str]:
    for bit, name in FLAGS.items():
        if bits >> bit & 1:
            yield name
        if bits >> bit + SINCE_START & 1:
            yield f"{name} since the start"


def warnings(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Reasons why the measurements may be slower than the machine can be."""
    if before["load"] is not None and before["load"] > MAX_LOAD:
        yield f"the machine was not idle: its load was {before['load']:g} before the benchmark"
    for governor in SLOW_GOVERNORS:
        if governor in (before["governors"] or ()):
            yield (
                f"the governor {governor} keeps the clock low: "
                "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
            )
    if before["governors"] != after["governors"]:
        yield "the governor changed during the benchmark"
    old, now = before["throttled"] or [], after["throttled"] or []
    for flag in now:
        if not flag.endswith("since the start"):
            yield f"the board is slowed down: {flag}"
        elif flag not in old:
            yield f"the board was slowed down during the benchmark: {flag.partition(' since')[0]}"
    hottest = max((state["temperature_c"] or 0.0 for state in (before, after)), default=0.0)
    if hottest >= HOT_C:
        yield f"the processor is at {hottest:.0f} degrees C: cool it"
    if (stolen := stolen_share(before["ticks"], after["ticks"])) > MAX_STOLEN:
        yield f"other virtual machines took {stolen:.0%} of the time"


def clock_warning(clocks_khz: list[int | None]) -> str | None:
    """A warning if the clock changed between the start and the end of a measurement."""
    known = [clock for clock in clocks_khz if clock]
    if len(known) < 2 or max(known) / min(known) - 1 <= MAX_CLOCK_CHANGE:
        return None
    return f"the clock changed between {min(known) // 1000} and {max(known) // 1000} MHz"


def stolen_share(before: list[int] | None, after: list[int] | None) -> float:
    """The stolen share of the time between two readings; 0 if the system does not count it."""
    if not before or not after or len(before) <= STEAL or len(after) <= STEAL:
        return 0.0
    spent = [b - a for a, b in zip(before[: STEAL + 1], after[: STEAL + 1], strict=True)]
    return spent[STEAL] / sum(spent) if sum(spent) > 0 else 0.0


def _clocks_mhz(root: Path) -> list[float] | None:
    texts = cpu_files(root, "cpufreq/scaling_cur_freq")
    clocks = [khz / 1000 for text in texts if (khz := _float(text)) is not None]
    if not clocks:
        text = read(root / "proc/cpuinfo") or ""
        clocks = [float(mhz) for mhz in re.findall(r"^cpu MHz\s*: ([\d.]+)", text, re.MULTILINE)]
    return clocks or None


def _ticks(root: Path) -> list[int] | None:
    """Processor time since the start: user, nice, system, idle, iowait, irq, softirq, steal, ..."""
    match = re.search(r"^cpu +([\d ]+)$", read(root / "proc/stat") or "", re.MULTILINE)
    return [int(tick) for tick in match[1].split()] if match else None


def _vcgencmd() -> str | None:
    try:
        result = subprocess.run(
            ["vcgencmd", "get_throttled"], capture_output=True, encoding="utf-8", timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip() or None


def _float(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
