"""Figures from many runs, and what two sets of them say about each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (5, 50, 95, 99)
BLOCKS = 40  # of consecutive runs: what disturbs a machine lasts longer than one run
RESAMPLES = 4000
CONFIDENCE = 0.99  # rows are compared by the dozen, so 0.95 would find a difference in each table

ENOUGH = 5  # processes; from fewer, their spread is known so badly that noise is told too often

Processes = Sequence[Sequence[float]]
"""For each process that measured the same, the medians of its blocks."""


def summary(values: NDArray[Any]) -> dict[str, float]:
    """p5, p50, p95, p99, mean and standard deviation."""
    points = np.percentile(values, PERCENTILES)
    found = {f"p{q}": float(point) for q, point in zip(PERCENTILES, points, strict=True)}
    return {**found, "mean": float(values.mean()), "deviation": float(values.std())}


def block_medians(values: NDArray[Any], blocks: int = BLOCKS) -> list[float]:
    """The medians of consecutive, equally long parts of a run."""
    parts = np.array_split(values, min(blocks, len(values)))
    return [float(np.median(part)) for part in parts]


def thinned(values: NDArray[Any], most: int = 4000) -> NDArray[Any]:
    """Evenly chosen ones of them; their percentiles are those of all."""
    if len(values) <= most:
        return values
    return values[np.linspace(0, len(values) - 1, most).round().astype(int)]


def median(processes: Processes) -> float:
    """Over the processes, each of which counts the same."""
    return float(np.median([np.median(blocks) for blocks in processes]))


def ratio_interval(a: Processes, b: Processes, seed: int = 0) -> tuple[float, float, float]:
    """median(b) / median(a), and the interval in which it lies with CONFIDENCE.

    Both processes and the blocks in them are drawn anew, as a process that is started again is
    never quite the same: its memory lies elsewhere, and the machine's mood has changed.
    """
    rng = np.random.default_rng(seed)
    ratios = _medians(b, rng) / _medians(a, rng)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    ratio = median(b) / median(a)
    return ratio, min(float(low), ratio), max(float(high), ratio)


def _medians(processes: Processes, rng: np.random.Generator) -> NDArray[np.float64]:
    """What the median would have been, many times."""
    drawn = []
    for blocks in processes:
        values = np.asarray(blocks, float)
        chosen = rng.integers(0, len(values), (RESAMPLES, len(values)))
        drawn.append(np.median(values[chosen], axis=1))
    of_process = np.stack(drawn, axis=1)
    chosen = rng.integers(0, len(processes), of_process.shape)
    medians: NDArray[np.float64] = np.median(np.take_along_axis(of_process, chosen, 1), axis=1)
    return medians
