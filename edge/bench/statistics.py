"""Percentiles of many runs, and the confidence interval of the ratio of two measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (5, 50, 95, 99)
BLOCKS = 40  # of consecutive runs: a disturbance of the machine lasts longer than one run
RESAMPLES = 4000
CONFIDENCE = 0.99  # a table has dozens of rows: 0.95 would report a false difference in each table

MIN_PROCESSES = 5  # with fewer, their spread is uncertain and noise is often reported as difference

Processes = Sequence[Sequence[float]]
"""For each process that measured the same row: the medians of its blocks of runs."""


def summary(values: NDArray[Any]) -> dict[str, float]:
    """p5, p50, p95, p99, mean and standard deviation of the values."""
    points = np.percentile(values, PERCENTILES)
    percentiles = {f"p{q}": float(point) for q, point in zip(PERCENTILES, points, strict=True)}
    return {**percentiles, "mean": float(values.mean()), "deviation": float(values.std())}


def block_medians(values: NDArray[Any], blocks: int = BLOCKS) -> list[float]:
    """The medians of consecutive parts of a run, all equally long."""
    parts = np.array_split(values, min(blocks, len(values)))
    return [float(np.median(part)) for part in parts]


def thin_out(values: NDArray[Any], max_count: int = 4000) -> NDArray[Any]:
    """At most `max_count` evenly spaced values, which have about the same percentiles."""
    if len(values) <= max_count:
        return values
    return values[np.linspace(0, len(values) - 1, max_count).round().astype(int)]


def median(processes: Processes) -> float:
    """The median over the processes, each with the same weight."""
    return float(np.median([np.median(blocks) for blocks in processes]))


def ratio_interval(a: Processes, b: Processes, seed: int = 0) -> tuple[float, float, float]:
    """median(b) / median(a), and the lower and upper end of its interval at CONFIDENCE.

    A bootstrap that resamples the processes, and the blocks in each process. Processes differ from
    each other even on an idle machine, because each gets other memory pages.
    """
    rng = np.random.default_rng(seed)
    ratios = _bootstrap_medians(b, rng) / _bootstrap_medians(a, rng)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    ratio = median(b) / median(a)
    return ratio, min(float(low), ratio), max(float(high), ratio)


def _bootstrap_medians(processes: Processes, rng: np.random.Generator) -> NDArray[np.float64]:
    """RESAMPLES medians of resampled processes and blocks."""
    resampled = []
    for blocks in processes:
        values = np.asarray(blocks, float)
        chosen = rng.integers(0, len(values), (RESAMPLES, len(values)))
        resampled.append(np.median(values[chosen], axis=1))
    of_process = np.stack(resampled, axis=1)
    chosen = rng.integers(0, len(processes), of_process.shape)
    medians: NDArray[np.float64] = np.median(np.take_along_axis(of_process, chosen, 1), axis=1)
    return medians
