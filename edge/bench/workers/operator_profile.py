"""In a worker: the time of each operator of a model.

onnxruntime has a profiler. The Python interfaces of the TFLite runtimes have none, so the time of
an operator is the difference between two shortened models: one that ends with this operator, and
one that ends with the operator before it. The shortened models alternate, so that a disturbance
affects all of them. The times add up to the time of the whole model, and operators that the runtime
fuses show as such.
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

from edge.bench.engines.base import Engine
from edge.bench.engines.loading import ONNX, import_runtime, load_engine
from edge.bench.engines.onnx import OnnxEngine
from edge.bench.engines.tflite import TFLiteEngine
from edge.bench.inputs.tensors import input_tensors
from edge.bench.inputs.windows import InputWindows
from edge.errors import ModelError
from edge.model.runtime import quiet
from edge.tflite.network import read_network, truncate

TFLITE_METHOD = "time differences of shortened models; the first operator includes the call itself"
ONNX_METHOD = "the profiler of onnxruntime, in whole microseconds"
ROUNDS = 200
RUNS = 20  # in each round
MAX_OPERATORS = 300  # because there is a shortened model in memory for each


def measure_profile(request: dict[str, Any]) -> dict[str, Any]:
    windows = InputWindows.load(Path(request["windows"])) if request["windows"] else None
    factory = import_runtime(request["runtime"])
    profile = _profile_onnx if request["runtime"] == ONNX else _profile_tflite
    return profile(factory, request, windows)


def _profile_tflite(
    factory: Any, request: dict[str, Any], windows: InputWindows | None
) -> dict[str, Any]:
    path, threads = Path(request["model"]), request["threads"]
    data = path.read_bytes()
    network = read_network(data, str(path))
    if not 0 < len(network.operators) <= MAX_OPERATORS:
        raise ModelError(
            f"{path.name} has {len(network.operators)} operators: only models of 1 to "
            f"{MAX_OPERATORS} operators can be profiled"
        )
    whole = load_engine(request["runtime"], factory, path, threads)
    inputs, _ = input_tensors(whole.inputs, windows)
    engines: list[Engine] = []
    with quiet():
        for count in range(1, len(network.operators) + 1):
            shortened = truncate(data, network, count)
            engines.append(TFLiteEngine(factory(model_content=shortened, num_threads=threads)))
    until = time.monotonic() + request["timeout"] / 2
    rounds = []
    for tensors, _ in zip(itertools.cycle(inputs), range(ROUNDS), strict=False):
        rounds.append([_mean_us(engine, tensors) for engine in engines])
        if time.monotonic() > until:
            break
    cumulated_us = np.median(rounds, axis=0)
    operators = [
        {"name": operator.name, "us": round(float(us), 3), "macs": operator.macs}
        for operator, us in zip(network.operators, np.diff(cumulated_us, prepend=0.0), strict=True)
    ]
    return {"method": TFLITE_METHOD, "operators": operators}


def _mean_us(engine: Engine, tensors: list[Any]) -> float:
    started = time.perf_counter_ns()
    for _ in range(RUNS):
        engine.run(tensors)
    return (time.perf_counter_ns() - started) / RUNS / 1e3


def _profile_onnx(
    package: Any, request: dict[str, Any], windows: InputWindows | None
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, quiet():
        prefix = str(Path(folder) / "profile")
        content = Path(request["model"]).read_bytes()
        engine = OnnxEngine(package, content, request["threads"], prefix)
        inputs, _ = input_tensors(engine.inputs, windows)
        for tensors, _ in zip(itertools.cycle(inputs), range(ROUNDS), strict=False):
            engine.run(tensors)
        events = json.loads(Path(engine.session.end_profiling()).read_text(encoding="utf-8"))
    times: dict[str, list[float]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["name"]].append(event["dur"])
            kinds[event["name"]] = event["args"]["op_name"]
    operators = [
        {"name": kinds[name], "us": round(float(np.mean(durations)), 3), "macs": None}
        for name, durations in times.items()
    ]
    return {"method": ONNX_METHOD, "operators": operators}
