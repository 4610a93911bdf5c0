"""What is to be measured: a row of the record each, and what its workers are asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edge.bench.inputs.real_inputs import described_by, real_windows
from edge.bench.inputs.signals import SIMULATED, simulate
from edge.bench.model_file.onnx import describe_onnx
from edge.bench.model_file.tflite import read_network
from edge.bench.workers.engines import ONNX, SUFFIXES
from edge.errors import EdgeError
from edge.model.manifest import read_model
from edge.model.runtime import RUNTIMES
from edge.model.shipped import find_model, shipped_models

ALL = "all"
SEED = 7
SIGNALS = ("active", "idle")

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    models: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    runtime: str | None = None
    threads: int = 1
    affinity: tuple[int, ...] = ()
    processes: int = 5
    seconds: float = 1.0
    runs: int = 50
    signal_s: float = 60.0
    timeout: float = 120.0
    profile: bool = False
    warm_up: float = 0.5

    def request(self, kind: str, **more: Any) -> dict[str, Any]:
        """What every worker is told."""
        common = ("threads", "affinity", "seconds", "runs", "warm_up", "timeout")
        return {"kind": kind, **{name: getattr(self, name) for name in common}, **more}


@dataclass
class Subject:
    """One row, and what its workers have answered so far."""

    row: Row
    request: dict[str, Any]
    answers: list[dict[str, Any]] = field(default_factory=list)


def model_subjects(settings: Settings, folder: Path) -> Iterator[Subject]:
    windows: dict[Path, str | None] = {}
    for name in settings.models:
        for path, runtime in _choices(name, settings.runtime):
            row: Row = {"model": path.name, "runtime": runtime, "threads": settings.threads}
            subject = Subject(row, settings.request("model", model=str(path), runtime=runtime))
            try:
                find_model(name)  # which knows what to say of a name that is none
                row.update(_described(path))
                owner = described_by(path)
                if owner not in windows:
                    windows[owner] = _saved_windows(path, folder / f"windows{len(windows)}.npz")
                subject.request["windows"] = windows[owner]
            except EdgeError as error:
                row["error"] = str(error)
            except OSError as error:
                row["error"] = f"{path} cannot be read: {error.strerror or error}"
            yield subject


def _choices(name: str, runtime: str | None) -> list[tuple[Path, str]]:
    """Which files are run by which runtimes: with `all`, ONNX files beside a model as well."""
    path = find_model(name) if name in shipped_models() else Path(name)
    if path.suffix == ".onnx":
        return [(path, ONNX if runtime in (None, ALL) else str(runtime))]
    beside = sorted(path.parent.glob(f"{path.stem}*.onnx")) if path.suffix else []
    if runtime == ONNX:
        return [(other, ONNX) for other in beside] or [(path, ONNX)]
    if runtime == ALL:
        return [(path, each) for each in RUNTIMES] + [(other, ONNX) for other in beside]
    return [(path, runtime or _first_installed())]


def _first_installed() -> str:
    return next((name for name in RUNTIMES if find_spec(name)), next(iter(RUNTIMES)))


def _described(path: Path) -> Row:
    """Size, operators and multiplications of a model file."""
    content = path.read_bytes()
    about: Row = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()[:16]}
    if path.suffix == SUFFIXES[ONNX]:
        return about | (describe_onnx(path) or {"operators": None, "macs": None})
    network = read_network(content, path.name)
    return about | {
        "operators": network.counts,
        "macs": network.macs,
        "uncounted": network.uncounted,
    }


def _saved_windows(path: Path, file: Path) -> str | None:
    windows = real_windows(path)
    if windows is None:
        return None
    windows.save(file)
    return str(file)


def pipeline_subjects(
    settings: Settings, folder: Path, tell: Callable[[str], None]
) -> Iterator[Subject]:
    runtime = settings.runtime
    if runtime in (None, ALL, ONNX):  # the live commands run .tflite files, with one runtime
        runtime = _first_installed()
    for number, name in enumerate(settings.pipelines):
        for kind in SIGNALS:
            row: Row = {"pipeline": name, "signal": kind, "runtime": runtime}
            subject = Subject(row, settings.request("pipeline", runtime=runtime))
            try:
                path = find_model(name)
                _, manifest = read_model(path)
                specification = manifest.input
                if specification.get("kind") not in SIMULATED:
                    raise EdgeError(f"nobody here simulates signal for {name}")
                tell(f"simulating signal for {name} ({kind})")
                signal = simulate(specification, settings.signal_s, kind, SEED)
                place = folder / f"signal{number}-{kind}"
                signal.save(place)
                row["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
                if kind == "idle":
                    row["idle"] = SIMULATED[specification["kind"]].nothing
                subject.request.update(model=str(path), signal=str(place))
            except (EdgeError, OSError) as error:
                row["error"] = str(error)
            yield subject
