"""Time many inferences, and the processor time they need."""

from __future__ import annotations

import itertools
import time
from array import array
from typing import Any

import numpy as np

from edge.bench.engines.base import Array, Engine
from edge.bench.statistics import block_medians, thin_out


def time_once_us(engine: Engine, tensors: list[Array]) -> float:
    started = time.perf_counter_ns()
    engine.run(tensors)
    return (time.perf_counter_ns() - started) / 1e3


def time_runs(
    engine: Engine, inputs: list[list[Array]], seconds: float, runs: int
) -> tuple[Array, float]:
    """Run for at least `seconds` and at least `runs` times.

    Return the time of each run in ns, and the time of all together in s.
    """
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


def latency_statistics(
    engine: Engine, inputs: list[list[Array]], seconds: float, runs: int
) -> dict[str, Any]:
    """Latency of many inferences, and the processor time they need."""
    cpu = time.process_time_ns()
    times, elapsed = time_runs(engine, inputs, seconds, runs)
    cpu = time.process_time_ns() - cpu
    latencies = times / 1e3
    return {
        "runs": len(times),
        "latency_us": [round(float(value), 3) for value in thin_out(latencies)],
        "blocks_us": [round(value, 4) for value in block_medians(latencies)],
        "longest_us": float(latencies.max()),
        "cpu_us": cpu / 1e3 / len(times),
        # Below 1, other processes used the processor during the measurement.
        "cpu_share": min(1.0, cpu / 1e9 / elapsed),
    }
