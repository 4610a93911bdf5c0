"""In a worker: import the runtime, load a model, and measure its first and later inferences."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.engines.base import Array, Engine
from edge.bench.engines.loading import import_runtime, load_engine, runtime_version
from edge.bench.engines.tflite import TFLiteEngine
from edge.bench.inputs.tensors import input_tensors
from edge.bench.inputs.windows import InputWindows
from edge.bench.machine.memory import peak_mb
from edge.bench.workers.timing import latency_statistics, time_once_us, time_runs
from edge.bench.workers.wrapper_overhead import wrapper_overhead_us

COMPARED_INFERENCES = 16  # whose outputs are compared between runtimes
COMPARED_VALUES = 1000  # of each output; more than any model has labels


def measure_model(request: dict[str, Any]) -> dict[str, Any]:
    runtime, path = request["runtime"], Path(request["model"])
    # The time until Python, NumPy and the modules that every measurement needs are loaded.
    python_ms = (time.monotonic_ns() - request["spawned_ns"]) / 1e6
    started = time.perf_counter()
    factory = import_runtime(runtime)
    imported = time.perf_counter()
    memory_before = peak_mb()
    engine = load_engine(runtime, factory, path, request["threads"])
    loaded = time.perf_counter()
    windows = InputWindows.load(Path(request["windows"])) if request["windows"] else None
    inputs, origin = input_tensors(engine.inputs, windows)
    first_us = time_once_us(engine, inputs[0])
    import_ms, load_ms = (imported - started) * 1e3, (loaded - imported) * 1e3
    outputs = [engine.run(tensors) for tensors in inputs[:COMPARED_INFERENCES]]
    memory = peak_mb()  # before the list of measured times needs memory too
    time_runs(engine, inputs, request["warm_up"], 1)
    clock_before = _clock_khz()
    latency = latency_statistics(engine, inputs, request["seconds"], request["runs"])
    result = {
        "runtime_version": runtime_version(runtime),
        "inputs": origin,
        "cold_start_ms": python_ms + import_ms + load_ms + first_us / 1e3,
        "python_ms": python_ms,
        "import_ms": import_ms,
        "load_ms": load_ms,
        "first_us": first_us,
        **latency,
        "clock_khz": [clock_before, _clock_khz()],
        "peak_mb": memory,
        "model_mb": None if memory is None or memory_before is None else memory - memory_before,
        "outputs": [_probabilities(engine, tensors[0]) for tensors in outputs],
        "output_step": _output_step(engine),
    }
    if isinstance(engine, TFLiteEngine) and windows is not None:
        result["wrapper_us"] = wrapper_overhead_us(path, runtime, engine, windows)
    return result


def _probabilities(engine: Engine, output: Array) -> list[float]:
    spec = engine.outputs[0]
    values = output.reshape(-1)[:COMPARED_VALUES].astype(np.float64)
    if step := _output_step(engine):
        values = (values - (spec.zero if spec.scale else -128)) * step
    return [round(float(value), 6) for value in values]


def _output_step(engine: Engine) -> float:
    """The difference between two neighbouring int8 levels of the output; 0 for a float output."""
    spec = engine.outputs[0]
    # An ONNX file states no scale: scores have 256 levels from 0 to 1.
    return spec.scale or (1 / 256 if spec.dtype == np.int8 else 0.0)


def _clock_khz() -> int | None:
    """The clock of the core that runs this process. The clock of an idle core tells little."""
    try:
        cpu = int(Path("/proc/self/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[36])
        file = f"/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq"
        return int(Path(file).read_text(encoding="utf-8")) if os.path.exists(file) else None
    except (OSError, ValueError, IndexError):
        return None
