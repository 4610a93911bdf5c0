"""List the jobs of a benchmark: one for each model on each runtime, two for each pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.bench.engines.loading import ONNX, SUFFIXES, first_installed
from edge.bench.inputs.model_windows import manifest_file, model_windows
from edge.bench.inputs.simulated_signal import simulate, simulator_of
from edge.bench.model_file.onnx import describe_onnx
from edge.bench.record import Row, row_name
from edge.bench.settings import Settings
from edge.errors import EdgeError
from edge.model.checks import check_input
from edge.model.model_file import read_bytes, read_model
from edge.model.runtime import RUNTIMES
from edge.model.shipped import find_model, shipped_models
from edge.text import one_line
from edge.tflite.network import read_network

ALL = "all"
SEED = 7
MAX_MODEL_BYTES = 1 << 30  # models of others may be larger than those of this project
SIGNALS = ("active", "idle")


@dataclass
class Job:
    """One row of the record, the request for its workers, and their answers so far."""

    row: Row
    request: dict[str, Any]
    answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return row_name(self.row)

    @property
    def failed(self) -> bool:
        return "error" in self.row


def model_jobs(settings: Settings, folder: Path) -> Iterator[Job]:
    """Describe each model file, and write its input windows to `folder`."""
    window_files: dict[Path, str | None] = {}
    for name in settings.models:
        for path, runtime in _files_and_runtimes(name, settings.runtime):
            row: Row = {"model": path.name, "runtime": runtime, "threads": settings.threads}
            job = Job(row, settings.request("model", model=str(path.absolute()), runtime=runtime))
            try:
                find_model(name)  # raises the error for an unknown name
                row.update(_describe_file(path))
                owner = manifest_file(path)
                if owner not in window_files:
                    file = folder / f"windows{len(window_files)}.npz"
                    window_files[owner] = _save_windows(path, file)
                job.request["windows"] = window_files[owner]
            except EdgeError as error:
                row["error"] = one_line(str(error))
            except OSError as error:
                row["error"] = f"{path} cannot be read: {error.strerror or error}"
            yield job


def _files_and_runtimes(name: str, runtime: str | None) -> list[tuple[Path, str]]:
    """The files to measure and their runtimes. "all" includes ONNX files beside the model."""
    path = find_model(name) if name in shipped_models() else Path(name)
    if path.suffix == ".onnx":
        return [(path, ONNX if runtime in (None, ALL) else str(runtime))]
    beside = sorted(path.parent.glob(f"{path.stem}*.onnx")) if path.suffix else []
    if runtime == ONNX:
        return [(other, ONNX) for other in beside] or [(path, ONNX)]
    if runtime == ALL:
        return [(path, each) for each in RUNTIMES] + [(other, ONNX) for other in beside]
    return [(path, runtime or first_installed())]


def _describe_file(path: Path) -> Row:
    """Size, operators and multiplications of a model file."""
    content = read_bytes(path, MAX_MODEL_BYTES)
    row: Row = {"bytes": len(content), "sha256": _short_hash(content)}
    if path.suffix == SUFFIXES[ONNX]:
        return row | (describe_onnx(content, path.name) or {"operators": None, "macs": None})
    network = read_network(content, path.name)
    return row | {
        "operators": network.counts,
        "macs": network.macs,
        "uncounted": network.uncounted,
    }


def _short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _save_windows(path: Path, file: Path) -> str | None:
    windows = model_windows(path)
    if windows is None:
        return None
    windows.save(file)
    return str(file)


def pipeline_jobs(
    settings: Settings, folder: Path, progress: Callable[[str], None]
) -> Iterator[Job]:
    """Simulate the signals for each pipeline, and write them to `folder`."""
    runtime = settings.runtime
    if runtime in (None, ALL, ONNX):  # the live commands run .tflite files only
        runtime = first_installed()
    for number, name in enumerate(settings.pipelines):
        for kind in SIGNALS:
            row: Row = {"pipeline": name, "signal": kind, "runtime": runtime}
            job = Job(row, settings.request("pipeline", runtime=runtime))
            try:
                path = find_model(name)
                _, manifest = read_model(path)
                check_input(manifest, path)
                specification = manifest.input
                simulator = simulator_of(specification)
                progress(f"simulating a signal for {name} ({kind})")
                signal = simulate(specification, settings.signal_s, kind, SEED)
                signal_folder = folder / f"signal{number}-{kind}"
                signal.save(signal_folder)
                row["sha256"] = _short_hash(read_bytes(path))
                if kind == "idle":
                    row["idle"] = simulator.idle_content
                job.request.update(model=str(path.absolute()), signal=str(signal_folder))
            except (EdgeError, OSError) as error:
                row["error"] = one_line(str(error))
            yield job
