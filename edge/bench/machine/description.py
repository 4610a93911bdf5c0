"""The machine as its system files describe it. A value that no file states is None.

`root` is the folder of the system files; tests use folders of their own.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import edge

PACKAGES = (
    *("numpy", "ai-edge-litert", "tflite-runtime", "tensorflow", "tensorflow-cpu"),
    *("onnxruntime", "onnx"),
)
SYSTEM = Path("/")
CPUS = "sys/devices/system/cpu"
# /proc/cpuinfo of ARM boards has numbers instead of a name: (implementer, part).
ARM_CORES = {
    (0x41, 0xB76): "ARM1176",
    (0x41, 0xC07): "Cortex-A7",
    (0x41, 0xC08): "Cortex-A8",
    (0x41, 0xC09): "Cortex-A9",
    (0x41, 0xC0F): "Cortex-A15",
    (0x41, 0xD03): "Cortex-A53",
    (0x41, 0xD04): "Cortex-A35",
    (0x41, 0xD05): "Cortex-A55",
    (0x41, 0xD07): "Cortex-A57",
    (0x41, 0xD08): "Cortex-A72",
    (0x41, 0xD09): "Cortex-A73",
    (0x41, 0xD0A): "Cortex-A75",
    (0x41, 0xD0B): "Cortex-A76",
    (0x41, 0xD0C): "Neoverse-N1",
    (0x41, 0xD0D): "Cortex-A77",
    (0x41, 0xD40): "Neoverse-V1",
    (0x41, 0xD41): "Cortex-A78",
    (0x41, 0xD4F): "Neoverse-V2",
}


def describe_machine(root: Path = SYSTEM) -> dict[str, Any]:
    """The properties that do not change while a benchmark runs."""
    return {
        "board": _board(root),
        "cpu": _cpu(root),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory_mb": _memory_mb(root),
        "system": _system(root),
        "kernel": platform.release(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {"edge-sense": edge.__version__, **_versions(PACKAGES)},
    }


def cpu_files(root: Path, name: str) -> list[str]:
    """The text of the file `name` of each core, in the order of the cores."""
    paths = sorted(root.glob(f"{CPUS}/cpu[0-9]*/{name}"), key=_core_number)
    return [text for text in map(read, paths) if text]


def read(path: Path) -> str | None:
    """The text of a system file; None if it is empty or cannot be read."""
    try:
        text = path.read_bytes().decode(errors="replace").strip("\0 \t\n")
    except OSError:
        return None
    return text or None


def _core_number(path: Path) -> int:
    (core,) = (part for part in path.parts if re.fullmatch(r"cpu\d+", part))
    return int(core[3:])


def _board(root: Path) -> str | None:
    for name in ("proc/device-tree/model", "sys/firmware/devicetree/base/model"):
        if model := read(root / name):
            return model
    words = [read(root / "sys/class/dmi/id" / name) for name in ("sys_vendor", "product_name")]
    return " ".join(word for word in words if word) or None


def _cpu(root: Path) -> str | None:
    """The name of the processor. Different ARM cores are joined by " + "."""
    fields: dict[str, str] = {}
    names: list[str] = []
    for line in (read(root / "proc/cpuinfo") or "").splitlines():
        key, _, value = (part.strip() for part in line.partition(":"))
        fields.setdefault(key, value)
        if key == "CPU part":
            names.append(_arm_core(fields.get("CPU implementer", ""), value))
    if names:
        return " + ".join(dict.fromkeys(names))
    # Older kernels write "Processor" or "Hardware".
    keys = ("model name", "cpu model", "uarch", "Processor", "Hardware")
    return next((fields[key] for key in keys if fields.get(key)), None)


def _arm_core(implementer: str, part: str) -> str:
    try:
        number = int(implementer, 16), int(part, 16)
    except ValueError:
        return f"ARM part {part}"
    return ARM_CORES.get(number, f"ARM part {part} of implementer {implementer}")


def _memory_mb(root: Path) -> int | None:
    match = re.search(r"^MemTotal:\s+(\d+) kB", read(root / "proc/meminfo") or "", re.MULTILINE)
    return int(match[1]) // 1024 if match else None


def _system(root: Path) -> str:
    text = read(root / "etc/os-release") or ""
    match = re.search(r'^PRETTY_NAME="?([^"\n]+)', text, re.MULTILINE)
    return match[1] if match else platform.platform()


def _versions(names: Iterable[str]) -> dict[str, str]:
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
