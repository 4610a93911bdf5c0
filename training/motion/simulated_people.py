"""Strokes of simulated people, cut out of what their sensors report by the device's motion gate."""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.gate import Gate, Span
from edge.features.motion.stroke import FILE_HANG, LIVE_HANG
from edge.simulation.motion.hand import STEP
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Mark, Scene, Sensor, draw_digits, pass_time, take
from training.common.cache import source_code
from training.motion.strokes import DIGITS, NONE, Stroke, Strokes, gather, join

log = logging.getLogger(__name__)

CORPUS = "simulated"
DRAWING, IDLE = "1 drawing", "2 idle"  # the order of what each person does
TAKES, PASTIME = 2, 40.0  # of each digit and seconds, for each person
# Ranges and rates that people's sensors are found at; the first is the project's own.
SENSORS = ((4, 500), (4, 500), (4, 500), (2, 143), (2, 250))
RATES = (100.0, 100.0, 100.0, 52.0, 50.0, 62.5)
OVERLAP = 0.75  # of a span and of a mark, to be the same stroke
CACHE = Path("out/cache")
MADE_BY = (
    "edge/simulation/**/*.py",
    "edge/features/**/*.py",
    "training/motion/simulated_people.py",
)


def people(
    count: int, first: int = 0, lines: dict[str, list[NDArray[np.float64]]] | None = None
) -> Strokes:
    """Strokes of `count` people, digits and others; from the cache if they were made before.

    `lines`: recorded shapes that they draw as well as their own, by digit.
    """
    lines = lines or {}
    key = hashlib.sha256(source_code(*MADE_BY))
    key.update(json.dumps([count, first]).encode())
    for digit in sorted(lines):
        for line in lines[digit]:
            key.update(line.tobytes())
    path = CACHE / f"simulated-{key.hexdigest()[:16]}.npz"
    if path.exists():
        with np.load(path) as stored:
            return Strokes(**{name: stored[name] for name in Strokes.__dataclass_fields__})
    numbers = range(first, first + count)
    with multiprocessing.get_context("spawn").Pool() as pool:
        made = []
        for done, strokes in enumerate(
            pool.imap(partial(person, lines=lines), numbers, chunksize=4), 1
        ):
            made.append(strokes)
            if done % max(1, count // 20) == 0:
                log.info("simulated people: %d of %d", done, count)
    strokes = join(made)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name: getattr(strokes, name) for name in Strokes.__dataclass_fields__})
    return strokes


def person(number: int, lines: dict[str, list[NDArray[np.float64]]]) -> Strokes:
    """All strokes of one person: training has the even seeds, live simulation the odd ones."""
    who = Person(2 * number)
    rng = who.rng
    accel_g, gyro_dps = SENSORS[rng.integers(len(SENSORS))]
    sensor = Sensor(Imu(rng, float(rng.choice(RATES)), accel_g, gyro_dps))
    hang = float(rng.choice([LIVE_HANG, FILE_HANG]))
    # Most drivers calibrate at start; what is left of the bias is what the gate has to learn.
    sensor.imu.bias[3:] *= rng.choice([0.2, 1.0])
    scenes: list[Scene] = []
    for _ in range(TAKES):
        scenes += draw_digits(who, rng.permutation(DIGITS))
    for digit, shapes in lines.items():
        shape = shapes[rng.integers(len(shapes))]
        scenes.append(take(who, digit, partial(who.write, shape)))
    drawing = sum(len(scene.felt) for scene in scenes) * STEP
    scenes += pass_time(who, PASTIME)
    return gather(
        Stroke(span, label, CORPUS, f"person-{number}", IDLE if span.end > drawing else DRAWING)
        for span, label in _labelled(sensor, scenes, hang)
    )


def _labelled(sensor: Sensor, scenes: Sequence[Scene], hang: float) -> Iterator[tuple[Span, str]]:
    gate = Gate(hang)
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
    """The digit that a span holds, NONE, or nothing where a digit was torn."""
    start, end = span.rows[0][0], span.end
    for mark in marks:
        shared = min(end, mark.end) - max(start, mark.start)
        if shared > 0.1:
            whole = shared > OVERLAP * (end - start) and shared > OVERLAP * (mark.end - mark.start)
            return mark.label if whole else None
    return NONE
