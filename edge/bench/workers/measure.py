"""In a worker: the life of a model in a runtime, from the import to the thousandth inference."""

from __future__ import annotations

import itertools
import os
import resource
import tempfile
import time
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.inputs.inputs import Windows, tensors_for
from edge.bench.machine.memory import peak_mb
from edge.bench.results.statistics import block_medians, thinned
from edge.bench.workers.engines import (
    Array,
    Engine,
    TFLiteEngine,
    import_runtime,
    open_engine,
    runtime_version,
)
from edge.bench.workers.peak import MACS, peak_model
from edge.errors import EdgeError
from edge.model import Model
from edge.model.runtime import quiet

OUTPUTS = 16  # inferences whose results are compared between runtimes
COMPARED = 1000  # values of each; more than any list of labels
PAIRED = 60  # rounds, in which the wrapper and the bare call take turns
ROUND = 100


def measure_model(request: dict[str, Any]) -> dict[str, Any]:
    runtime, path = request["runtime"], Path(request["model"])
    # Python, NumPy and what every row imports.
    python_ms = (time.monotonic_ns() - request["spawned_ns"]) / 1e6
    started = time.perf_counter()
    with quiet():
        factory = import_runtime(runtime)
    imported = time.perf_counter()
    memory_before = peak_mb()
    engine = open_engine(runtime, factory, path, request["threads"])
    loaded = time.perf_counter()
    windows = Windows.load(Path(request["windows"])) if request["windows"] else None
    inputs, origin = tensors_for(engine.inputs, windows)
    first_us = _timed_us(engine, inputs[0])
    import_ms, load_ms = (imported - started) * 1e3, (loaded - imported) * 1e3
    outputs = [engine.run(tensors) for tensors in inputs[:OUTPUTS]]
    memory = peak_mb()  # before a long list of times is added to it
    _run_for(engine, inputs, request["warm_up"], 1)
    before = _clock_khz()
    steady = _steady(engine, inputs, request)
    result = {
        "runtime_version": runtime_version(runtime),
        "inputs": origin,
        "cold_start_ms": python_ms + import_ms + load_ms + first_us / 1e3,
        "python_ms": python_ms,
        "import_ms": import_ms,
        "load_ms": load_ms,
        "first_us": first_us,
        **steady,
        "clock_khz": [before, _clock_khz()],
        "peak_mb": memory,
        "model_mb": memory - memory_before,
        "outputs": [_probabilities(engine, results[0]) for results in outputs],
        "output_step": _step(engine),
    }
    if isinstance(engine, TFLiteEngine) and windows is not None:
        result["wrapper_us"] = _wrapper_us(path, runtime, engine, windows)
    return result


def measure_peak(request: dict[str, Any]) -> dict[str, Any]:
    """int8 multiplications a second at best."""
    runtime = request["runtime"]
    with quiet():
        factory = import_runtime(runtime)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "peak.tflite"
        path.write_bytes(peak_model())
        engine = open_engine(runtime, factory, path, request["threads"])
    inputs, _ = tensors_for(engine.inputs, None)
    _run_for(engine, inputs, request["warm_up"], 1)
    times, _ = _run_for(engine, inputs, request["seconds"], 20)
    return {"macs_per_s": MACS / (float(np.percentile(times, 5)) * 1e-9)}


def _timed_us(engine: Engine, tensors: list[Array]) -> float:
    started = time.perf_counter_ns()
    engine.run(tensors)
    return (time.perf_counter_ns() - started) / 1e3


def _steady(engine: Engine, inputs: list[list[Array]], request: dict[str, Any]) -> dict[str, Any]:
    switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
    cpu = time.process_time_ns()
    times, elapsed = _run_for(engine, inputs, request["seconds"], request["runs"])
    cpu = time.process_time_ns() - cpu
    latencies = times / 1e3
    return {
        "runs": len(times),
        "latency_us": [round(float(value), 3) for value in thinned(latencies)],
        "blocks_us": [round(value, 4) for value in block_medians(latencies)],
        "longest_us": float(latencies.max()),
        "cpu_us": cpu / 1e3 / len(times),
        # Below 1, others had the processor while this was to be measured.
        "cpu_share": min(1.0, cpu / 1e9 / elapsed),
        "interruptions": resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw - switches,
    }


def _run_for(
    engine: Engine, inputs: list[list[Array]], seconds: float, runs: int
) -> tuple[Array, float]:
    """At least so many runs and so long: their times in ns, and the seconds they took."""
    clock, run, times = time.perf_counter_ns, engine.run, array("q")
    started = clock()
    until = started + int(seconds * 1e9)
    for tensors in itertools.cycle(inputs):
        before = clock()
        run(tensors)
        after = clock()
        times.append(after - before)
        if after >= until and len(times) >= runs:
            break
    return np.array(times), (after - started) / 1e9


def _probabilities(engine: Engine, output: Array) -> list[float]:
    port = engine.outputs[0]
    values = output.reshape(-1)[:COMPARED].astype(np.float64)
    if step := _step(engine):
        values = (values - (port.zero if port.scale else -128)) * step
    return [round(float(value), 6) for value in values]


def _step(engine: Engine) -> float:
    """Of one level of the output; 0 if it has none."""
    port = engine.outputs[0]
    # An ONNX file does not tell: scores have 256 levels from 0 to 1.
    return port.scale or (1 / 256 if port.dtype == np.int8 else 0.0)


def _wrapper_us(path: Path, runtime: str, engine: TFLiteEngine, windows: Windows) -> float | None:
    """What `Model.scores` costs above the bare calls, which take turns with it."""
    try:
        model = Model.load(path, runtime)
    except EdgeError:
        return None
    tensors = list(windows.tensors)
    interpreter = engine.interpreter
    given = [detail["index"] for detail in interpreter.get_input_details()]
    results = [detail["index"] for detail in interpreter.get_output_details()]
    rows = len(tensors[0]) if len(given) == 1 else model.network.input_shape[0]
    ready = [model.quantised(tensor[-rows:])[np.newaxis] for tensor in tensors]
    memory = list(zip(given[1:], results[1:], strict=True))
    put, invoke, get = interpreter.set_tensor, interpreter.invoke, interpreter.get_tensor
    scores, clock = model.scores, time.perf_counter_ns
    above = []
    for _ in range(PAIRED):
        started = clock()
        for _, levels in zip(range(ROUND), itertools.cycle(ready)):  # noqa: B905
            put(given[0], levels)
            invoke()
            for before, after in memory:
                put(before, get(after))
            get(results[0])
        between = clock()
        for _, tensor in zip(range(ROUND), itertools.cycle(tensors)):  # noqa: B905
            scores(tensor, rows)
        above.append((clock() - between) - (between - started))
    return float(np.median(above)) / ROUND / 1e3


def _clock_khz() -> int | None:
    """Of the core we run on, at work: at rest it says little."""
    try:
        cpu = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[36])
        file = f"/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq"
        return int(Path(file).read_text()) if os.path.exists(file) else None
    except (OSError, ValueError, IndexError):
        return None
