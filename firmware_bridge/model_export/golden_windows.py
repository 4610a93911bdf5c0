"""Golden windows: simulated samples, and what Python makes of them, to test a board."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features import Window
from edge.model import Model
from edge.samples import MOTION, Chunk

WINDOWS = 3


@dataclass(frozen=True)
class GoldenWindows:
    samples: NDArray[np.float32]
    """(n, channels)"""
    inputs: NDArray[np.int8]
    """(windows, values) of the model's input."""
    outputs: NDArray[np.int8]
    """(windows, values) of the model's output."""


def golden_windows(model: Model, seed: int = 0) -> GoldenWindows:
    """A random walk in each channel, from its first sample on: the filter starts there too."""
    wanted = model.manifest.input
    sensor, taps = wanted["sensor"], wanted["filter"]["taps"] if wanted["filter"] else 0
    count = wanted["length"] + (WINDOWS - 1) * wanted["hop"] + taps // 2
    steps = np.random.default_rng(seed).normal(size=(count, len(sensor["channels"])))
    samples = np.cumsum(steps, axis=0).astype(np.float32)
    windows = windows_of(model, samples)
    inputs = [model.quantised(window) for window in windows]
    flat = np.stack([levels.reshape(-1) for levels in inputs])
    outputs = np.stack([model.run(levels).reshape(-1) for levels in inputs])
    return GoldenWindows(samples, flat, outputs)


def windows_of(model: Model, samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The model's inputs that these samples complete; the stream does not end."""
    features, channels = model.features(), model.manifest.input["sensor"]["channels"]
    if set(channels) <= set(MOTION):  # the features select their columns from all of a sensor
        values = np.zeros((len(samples), len(MOTION)), np.float32)
        values[:, [MOTION.index(name) for name in channels]] = samples
    else:
        values = samples
    t = np.arange(len(samples)) / model.manifest.input["sensor"]["rate_hz"]
    found = features.process(Chunk(t, values))
    return [window.tensor for window in found if isinstance(window, Window)]
