"""Strokes with known answers, by which a port of the preprocessing and the model is checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.events import Detection
from edge.features import Window
from edge.features.motion.stroke import StrokeFeatures
from edge.model import Model
from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY, Chunk
from edge.source.simulated.hand import SimulatedHand
from firmware_bridge.preprocessing import COUNTS

DIGITS = "0123456789"
MICROSECOND = 1e-6


@dataclass(frozen=True)
class Golden:
    time_us: NDArray[np.int64]
    counts: NDArray[np.int16]
    """(n, 6) readings as the sensor gives them; the last one completes the stroke."""
    levels: NDArray[np.int8]
    """The model's input."""
    answer: NDArray[np.int8]
    """The model's output."""
    label: int
    """What is recognised; -1 for a rejection."""


def golden_strokes(model: Model) -> list[Golden]:
    """One stroke of each digit, each by another simulated person."""
    return [_golden(model, digit, seed) for seed, digit in enumerate(DIGITS)]


def _golden(model: Model, digit: str, seed: int) -> Golden:
    sensor = model.manifest.input["sensor"]
    units = [sensor["accel_g"] * STANDARD_GRAVITY] * 3 + [sensor["gyro_dps"] * DEGREE] * 3
    unit = np.array(units) / COUNTS
    with SimulatedHand(sensor, digit, seed, speed=float("inf")) as source:
        chunks = list(source)
    time_us = np.rint(np.concatenate([chunk.t for chunk in chunks]) / MICROSECOND).astype(int)
    counts = np.rint(np.concatenate([chunk.values for chunk in chunks]) / unit).astype(np.int16)
    count, window = _first_stroke(model, time_us / 1e6, (counts * unit).astype(np.float32))
    levels = model.quantised(window.tensor)
    (event,) = model.decision().process(window, model.scores(window.tensor))
    label = model.labels.index(event.label) if isinstance(event, Detection) else -1
    return Golden(time_us[:count], counts[:count], levels, model.run(levels), label)


def _first_stroke(
    model: Model, t: NDArray[np.float64], values: NDArray[np.float32]
) -> tuple[int, Window]:
    """The number of samples until a stroke is complete, and that stroke."""
    features = StrokeFeatures(model.manifest.input, MOTION)
    for k in range(len(t)):
        for found in features.process(Chunk(t[k : k + 1], values[k : k + 1])):
            if isinstance(found, Window):
                return k + 1, found
    raise AssertionError("a simulated person drew, and the gate saw no stroke")
