"""Which operator takes how long.

onnxruntime has a profiler of its own. The Python interfaces of the TFLite runtimes have none: what
an operator costs is found as the difference between the model cut off behind it and the model cut
off before it, which take turns. So the sum is the whole, and fusing operators shows as it should.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.inputs.inputs import Windows, tensors_for
from edge.bench.model_file.tflite import read_network, truncated
from edge.bench.workers.engines import (
    ONNX,
    Engine,
    OnnxEngine,
    TFLiteEngine,
    import_runtime,
    open_engine,
)
from edge.errors import ModelError
from edge.model.runtime import quiet

CUT = "the difference of models cut off behind each; the first holds what the call itself costs"
ROUNDS = 200
RUNS = 20  # in a round
MOST = 300  # operators; each is a model of its own in memory


def measure_profile(request: dict[str, Any]) -> dict[str, Any]:
    path, runtime = Path(request["model"]), request["runtime"]
    windows = Windows.load(Path(request["windows"])) if request["windows"] else None
    with quiet():
        factory = import_runtime(runtime)
    if runtime == ONNX:
        return _onnx(factory, path, request, windows)
    return _by_cutting(factory, path, runtime, request, windows)


def _by_cutting(
    factory: Any, path: Path, runtime: str, request: dict[str, Any], windows: Windows | None
) -> dict[str, Any]:
    data = path.read_bytes()
    network = read_network(data, str(path))
    if not 0 < len(network.operators) <= MOST:
        raise ModelError(f"{path.name} has {len(network.operators)} operators: too many to profile")
    whole = open_engine(runtime, factory, path, request["threads"])
    inputs, _ = tensors_for(whole.inputs, windows)
    engines: list[Engine] = []
    with quiet():
        for count in range(1, len(network.operators) + 1):
            cut = truncated(data, network, count)
            engines.append(TFLiteEngine(factory(model_content=cut, num_threads=request["threads"])))
    until = time.monotonic() + request["timeout"] / 2
    rounds = []
    for tensors, _ in zip(itertools.cycle(inputs), range(ROUNDS), strict=False):
        rounds.append([_round_us(engine, tensors) for engine in engines])
        if time.monotonic() > until:
            break
    reached = np.median(rounds, axis=0)
    steps = np.diff(reached, prepend=0.0)
    operators = [
        {"name": operator.name, "us": round(float(us), 3), "macs": operator.macs}
        for operator, us in zip(network.operators, steps, strict=True)
    ]
    return {"method": CUT, "operators": operators}


def _round_us(engine: Engine, tensors: list[Any]) -> float:
    started = time.perf_counter_ns()
    for _ in range(RUNS):
        engine.run(tensors)
    return (time.perf_counter_ns() - started) / RUNS / 1e3


def _onnx(
    factory: Any, path: Path, request: dict[str, Any], windows: Windows | None
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, quiet():
        prefix = str(Path(folder) / "profile")
        engine = OnnxEngine(factory, path.read_bytes(), request["threads"], prefix)
        inputs, _ = tensors_for(engine.inputs, windows)
        for tensors, _ in zip(itertools.cycle(inputs), range(ROUNDS), strict=False):
            engine.run(tensors)
        events = json.loads(Path(engine.session.end_profiling()).read_text())
    times: dict[str, list[float]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["name"]].append(event["dur"])
            kinds[event["name"]] = event["args"]["op_name"]
    operators = [
        {"name": kinds[name], "us": round(float(np.mean(spent)), 3), "macs": None}
        for name, spent in times.items()
    ]
    return {"method": "the profiler of onnxruntime, whole microseconds", "operators": operators}
