"""Strokes of the simulated hands of `--mock`, with other arms, pace and handwriting than the limbs.

Each hand draws its own ten digits, and characters and shapes of others. Between two of them it goes
back to where it began, as a hand in live use does: the way back is no digit, and of a 1 it is as
long as the digit and upside down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.gate import LIVE_HANG
from edge.features.motion.span import Span
from edge.simulation.motion.arm import Poses
from edge.simulation.motion.hand import Trajectory
from edge.simulation.motion.imu import Signal
from edge.simulation.motion.person import Person
from edge.simulation.motion.shapes import resample_evenly
from edge.simulation.motion.stream import take
from training.motion.people.drawing import gate_spans, path_during, span_of
from training.motion.people.figures import Figure
from training.motion.people.idling import CALIBRATED, random_sensor
from training.motion.strokes import DIGITS, NONE, WAY_BACK, Stroke

Array = NDArray[np.float64]

FIGURES_PER_HAND = 8  # of others, beside its own digits
HAND = "hand"  # corpus of own digits
POINT_SPACING = 0.02  # of the height of a line
MOST_OF_FIGURE = 0.1  # share of a way back that may be a figure


class _TracedPerson(Person):
    """Remembers the path of its hand, STEP apart."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.path: list[Trajectory] = []

    def sense_with_offset(self, trajectory: Trajectory, offset: Poses | float) -> Signal:
        self.path.append(trajectory)
        return super().sense_with_offset(trajectory, offset)


def hand_strokes(number: int, others: Sequence[Figure]) -> Iterator[Stroke]:
    """The strokes that the motion gate finds while one hand draws its digits, and other figures."""
    # Training has the people with even seeds; those with odd seeds appear in live simulation only
    # (edge.simulation.seeds).
    person = _TracedPerson(2 * number)
    rng = person.rng
    sensor = random_sensor(person)
    sensor.imu.bias[3:] *= rng.choice([CALIBRATED, 1.0])
    scenes = [(digit, HAND, digit, partial(person.draw, digit)) for digit in DIGITS]
    for one in others:
        line = resample_evenly(one.line, POINT_SPACING)
        scenes.append((one.label, one.source, one.name, partial(person.write, line)))
    drawn, parts = [], []
    for k in rng.permutation(len(scenes)):
        label, corpus, figure, draw = scenes[k]
        t, values, (mark,) = sensor.read(take(person, label, draw))
        parts.append((t, values))
        drawn.append((np.array([mark.start, mark.end]), label, corpus, figure))
    t, values = (np.concatenate([part[k] for part in parts]) for k in range(2))
    spans = gate_spans(t, values, LIVE_HANG)
    path = np.concatenate(person.path)
    found = [span_of([s for s in spans if _shared(s, mark) > 0], mark) for mark, *_ in drawn]
    for span, (_, label, corpus, figure) in zip(found, drawn, strict=True):
        if span is not None:
            yield Stroke(span, label, corpus, figure, drawn=path_during(path, span))
    for span in spans:
        inside = sum(_shared(span, mark) for mark, *_ in drawn)
        if span.joined == 1 and inside < MOST_OF_FIGURE * (span.rows[-1][0] - span.start):
            yield Stroke(span, NONE, WAY_BACK, WAY_BACK, drawn=path_during(path, span))


def _shared(span: Span, mark: Array) -> float:
    """Seconds of a span within a figure."""
    return max(0.0, min(span.rows[-1][0], mark[1]) - max(span.start, mark[0]))
