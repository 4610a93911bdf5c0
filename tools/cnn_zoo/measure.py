"""Convert and measure networks, each step in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.commands import edge_command

BENCH = ("--processes", "3", "--seconds", "1", "--runs", "5", "--timeout", "300")
Row = dict[str, Any]


def measure(name: str, folder: Path, seconds: float) -> Row:
    """The row of one network, which is converted if `folder` does not contain it yet."""
    row: Row = {"network": name, "note": ""}
    model = folder / f"{name}.tflite"
    if not model.exists() and (reason := _convert(name, folder, seconds)):
        return row | {"note": reason}
    row |= json.loads((folder / f"{name}.json").read_text())
    row["bytes"] = model.stat().st_size
    options = ("--runtime", "ai_edge_litert", *BENCH, "--json", "-")
    bench = edge_command("edge_bench", str(model), *options)
    measured = subprocess.run(bench, capture_output=True, text=True)
    if not measured.stdout:
        return row | {"note": _last_line(measured.stderr, "not measured")}
    (found,) = json.loads(measured.stdout)["models"]
    row["macs"] = found.get("macs")
    if "error" in found:
        return row | {"note": found["error"][:100]}
    return row | {
        # With one thread, it is the latency if no other program uses the core.
        "cpu_ms": found["cpu_us"] / 1e3,
        "peak_mb": found["peak_mb"],
        "load": os.getloadavg()[0],
    }


def _convert(name: str, folder: Path, seconds: float) -> str:
    """Return why the network could not be converted; "" if it was."""
    command = [sys.executable, "-m", "tools.cnn_zoo", "--convert", name, "--out", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"conversion ended after {seconds / 60:g} minutes"
    if done.returncode or not (folder / f"{name}.tflite").exists():
        return _last_line(done.stderr, f"ended with {done.returncode}")
    return ""


def _last_line(text: str, otherwise: str) -> str:
    return (text.strip().splitlines() or [otherwise])[-1][:100]
