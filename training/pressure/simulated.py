"""The windows of simulated people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.circulation.finger import record
from training.common.cache import cache_key, cached_arrays
from training.common.progress import Progress
from training.pressure.config import RATE, TrainingConfig
from training.pressure.windows import PressureWindows, cut, joined

CODE = (
    "edge/features/window/*.py",
    "edge/simulation/circulation/*.py",
    "training/pressure/windows.py",
    "training/pressure/simulated.py",
)
REPORTED = 100  # people between two reports of the progress


def simulated_windows(config: TrainingConfig) -> PressureWindows:
    """Of each person some time, from the cache if it was simulated before."""
    settings = (config.people, config.person_s, config.hop, config.seed)
    path = config.cache / f"circulation-{cache_key(settings, code=CODE)}.npz"
    return PressureWindows(**cached_arrays(path, lambda: vars(_simulate(config))))


def _simulate(config: TrainingConfig) -> PressureWindows:
    progress = Progress("simulated people:", config.people)
    parts = []
    for number in range(config.people):
        # Even seeds: those of `--mock` are odd.
        pressure, ppg = record(2 * (config.seed * config.people + number), config.person_s)
        t: NDArray[np.float64] = np.arange(len(ppg)) / RATE
        parts.append(cut(t, ppg, pressure, f"simulated {number}", config.hop))
        if (number + 1) % REPORTED == 0:
            progress.report(number + 1)
    return joined(parts)
