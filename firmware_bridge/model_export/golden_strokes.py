"""Golden strokes: input and expected output, to test the C code and the model on a board."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.events import Detection
from edge.features import Window
from edge.features.motion.stroke import StrokeFeatures
from edge.model import Model
from edge.samples import DEGREE, STANDARD_GRAVITY, Chunk
from edge.source.simulated.hand import SimulatedHand
from firmware_bridge.preprocessing import FULL_SCALE_COUNTS

DIGITS = "0123456789"
MICROSECOND = 1e-6


@dataclass(frozen=True)
class GoldenStroke:
    time_us: NDArray[np.int64]
    counts: NDArray[np.int16]
    """(n, 6) raw sensor values; the last one completes the stroke."""
    input: NDArray[np.int8]
    """Of the model."""
    output: NDArray[np.int8]
    """Of the model."""
    label: int
    """Index of the recognised label; -1 for a rejection."""


def golden_strokes(model: Model) -> list[GoldenStroke]:
    """Return one stroke of each digit, each drawn by another simulated person."""
    return [_golden_stroke(model, digit, seed) for seed, digit in enumerate(DIGITS)]


def _golden_stroke(model: Model, digit: str, seed: int) -> GoldenStroke:
    sensor = model.manifest.input["sensor"]
    units = [sensor["accel_g"] * STANDARD_GRAVITY] * 3 + [sensor["gyro_dps"] * DEGREE] * 3
    unit = np.array(units) / FULL_SCALE_COUNTS
    with SimulatedHand(sensor, digit, seed, speed=float("inf")) as source:
        chunks = list(source)
    time_us = np.rint(np.concatenate([chunk.t for chunk in chunks]) / MICROSECOND).astype(int)
    counts = np.rint(np.concatenate([chunk.values for chunk in chunks]) / unit).astype(np.int16)
    count, window = _first_stroke(model, time_us / 1e6, (counts * unit).astype(np.float32))
    levels = model.quantised(window.tensor)
    (event,) = model.decision().process(window, model.window_scores(window))
    label = model.labels.index(event.label) if isinstance(event, Detection) else -1
    return GoldenStroke(time_us[:count], counts[:count], levels, model.run(levels), label)


def _first_stroke(
    model: Model, t: NDArray[np.float64], values: NDArray[np.float32]
) -> tuple[int, Window]:
    """Return the number of samples that complete the first stroke, and its window."""
    features = StrokeFeatures(model.manifest.input)
    for k in range(len(t)):
        for found in features.process(Chunk(t[k : k + 1], values[k : k + 1])):
            if isinstance(found, Window):
                return k + 1, found
    raise AssertionError("the gate found no stroke in what a simulated person drew")
