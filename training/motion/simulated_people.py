"""Strokes of simulated people, found in their sensors' signals by the device's motion gate."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.gate import Gate, Span
from edge.features.motion.stroke import FILE_HANG, LIVE_HANG
from edge.simulation.ground_truth import Mark
from edge.simulation.motion.hand import STEP
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Scene, Sensor, draw_digits, other_motions, take
from training.common.cache import cache_key, cached_arrays
from training.common.progress import Progress
from training.motion.strokes import DIGITS, NONE, Stroke, Strokes

Paths = Mapping[str, Sequence[NDArray[np.float64]]]
"""Drawn lines (n, 2) by digit, one high."""

CORPUS = "simulated"
# What a person does, in this order: the `order` of simulated strokes.
DRAWING, IDLE = "1 drawing", "2 idle"
TAKES_OF_EACH_DIGIT = 2
IDLE_SECONDS = 40.0
# Ranges (g, degrees per second) and rates (Hz) that sensors are set to; the project's own are the
# first, and the most frequent.
SENSOR_RANGES = ((4, 500), (4, 500), (4, 500), (2, 143), (2, 250))
RATES = (100.0, 100.0, 100.0, 52.0, 50.0, 62.5)
FULL_OVERLAP = 0.75  # share of a span and of a mark: then the span holds the digit of the mark
ANY_OVERLAP_S = 0.1  # s; a shorter overlap does not count
REPORTS = 20  # of progress
CODE = (
    "edge/samples.py",
    "edge/simulation/**/*.py",
    "edge/features/**/*.py",
    "training/motion/simulated_people.py",
    "training/motion/strokes.py",
)


def simulate(count: int, first: int, cache: Path, paths: Paths | None = None) -> Strokes:
    """Strokes of `count` people, numbered from `first` on: digits, and other motion as `none`.

    `paths` are recorded shapes that they draw besides their own. From the cache if these people
    were simulated before.
    """
    paths = paths or {}
    shapes = [line for digit in sorted(paths) for line in paths[digit]]
    key = cache_key(count, first, sorted(paths), *shapes, code=CODE)

    def compute() -> dict[str, NDArray]:  # type: ignore[type-arg]
        return _in_parallel(range(first, first + count), paths).arrays()

    return Strokes(**cached_arrays(cache / f"simulated-{key}.npz", compute))


def _in_parallel(numbers: range, paths: Paths) -> Strokes:
    progress = Progress("simulated people:", len(numbers))
    every = max(1, len(numbers) // REPORTS)
    strokes = []
    with multiprocessing.get_context("spawn").Pool() as pool:
        one = partial(simulate_person, paths=paths)
        for done, made in enumerate(pool.imap(one, numbers, chunksize=4), 1):
            strokes.append(made)
            if done % every == 0:
                progress.report(done)
    return Strokes.concatenate(strokes)


def simulate_person(number: int, paths: Paths) -> Strokes:
    """All strokes of one person.

    Training has the people with even seeds; those with odd seeds appear in live simulation only
    (edge.simulation.seeds).
    """
    person = Person(2 * number)
    rng = person.rng
    accel_g, gyro_dps = SENSOR_RANGES[rng.integers(len(SENSOR_RANGES))]
    sensor = Sensor(Imu(rng, float(rng.choice(RATES)), accel_g, gyro_dps))
    hang_s = float(rng.choice([LIVE_HANG, FILE_HANG]))
    # Most drivers calibrate the gyroscope at start; the gate has to learn the bias that is left.
    sensor.imu.bias[3:] *= rng.choice([0.2, 1.0])
    scenes: list[Scene] = []
    for _ in range(TAKES_OF_EACH_DIGIT):
        scenes += draw_digits(person, rng.permutation(DIGITS))
    for digit, lines in paths.items():
        line = lines[int(rng.integers(len(lines)))]
        scenes.append(take(person, digit, partial(person.write, line)))
    drawing_s = sum(len(scene.signal) for scene in scenes) * STEP
    scenes += other_motions(person, IDLE_SECONDS)
    return Strokes.from_spans(
        Stroke(span, label, CORPUS, f"person-{number}", IDLE if span.end > drawing_s else DRAWING)
        for span, label in _labelled_spans(sensor, scenes, hang_s)
    )


def _labelled_spans(
    sensor: Sensor, scenes: Sequence[Scene], hang_s: float
) -> Iterator[tuple[Span, str]]:
    gate = Gate(hang_s)
    marks: list[Mark] = []
    spans: list[Span] = []
    for scene in scenes:
        t, values, drawn = sensor.read(scene)
        marks += drawn
        found = [gate.push(row) for row in np.column_stack([t, values]).tolist()]
        spans += [span for span in found if span is not None and not span.too_long]
    for span in spans:
        label = _label(span, marks)
        if label is not None:
            yield span, label


def _label(span: Span, marks: list[Mark]) -> str | None:
    """The digit that a span holds; NONE without a digit, None where it holds a part of one."""
    start, end = span.rows[0][0], span.end
    for mark in marks:
        overlap = min(end, mark.end) - max(start, mark.start)
        if overlap > ANY_OVERLAP_S:
            shorter = FULL_OVERLAP * max(end - start, mark.end - mark.start)
            return mark.label if overlap > shorter else None
    return NONE
