"""In a worker: the highest rate of int8 multiplications that a runtime reaches on this machine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.engines.loading import import_runtime, load_engine
from edge.bench.inputs.tensors import input_tensors
from edge.bench.model_file.peak_model import MACS, peak_model
from edge.bench.workers.timing import time_runs

MIN_RUNS = 20


def measure_peak(request: dict[str, Any]) -> dict[str, Any]:
    runtime = request["runtime"]
    factory = import_runtime(runtime)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "peak.tflite"
        path.write_bytes(peak_model())
        engine = load_engine(runtime, factory, path, request["threads"])
    inputs, _ = input_tensors(engine.inputs, None)
    time_runs(engine, inputs, request["warm_up"], 1)
    times_ns, _ = time_runs(engine, inputs, request["seconds"], MIN_RUNS)
    return {"macs_per_s": MACS / (float(np.percentile(times_ns, 5)) * 1e-9)}
