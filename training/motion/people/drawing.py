"""Figures drawn by simulated people, as the device's motion gate cuts them from the signal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.gate import Gate
from edge.features.motion.span import Span
from edge.simulation.motion.hand import STEP
from training.motion.people.figures import Figure
from training.motion.people.limbs import poses
from training.motion.people.movement import hand_paths, random_manner
from training.motion.people.pace import deform, length, pace, resample
from training.motion.people.sensors import ideal_signals, random_mountings, read_signal

Array = NDArray[np.float64]

HANGS = (0.25, 0.25, 0.45)  # s: live, and a longer one for more variety
DRAWN_POINTS = 64  # of the line that was truly drawn during a stroke
LEAST_DRAWN = 0.75  # share of the figure that a stroke must hold
MOST_OTHER, OTHER_S = 0.35, 0.3  # share of a stroke, or s, that may be another movement
AFTER = 0.5  # s of signal after the rest that follows a figure


@dataclass(frozen=True)
class DrawnFigure:
    """A stroke that holds a figure."""

    span: Span
    figure: Figure
    drawn: Array
    """(DRAWN_POINTS, 2) what the hand truly drew during the span, in metres."""


def draw(rng: np.random.Generator, figures: Sequence[Figure]) -> Iterator[DrawnFigure]:
    """Each figure by another person with another sensor; those that the gate does not find are
    left out. Figures of like length together take least time."""
    resampled = [resample(figure.line, figure.time) for figure in figures]
    lines = deform(rng, np.stack([line for line, _ in resampled]))
    manner = random_manner(rng, length(lines))
    times = pace(rng, lines, np.stack([time for _, time in resampled]))
    paths, marks = hand_paths(rng, lines, times, manner)
    place, turned = poses(rng, paths, manner)
    signals = ideal_signals(place, turned, random_mountings(rng, len(lines)))
    for k, figure in enumerate(figures):
        end = int((marks[k, 1] + manner.rest_after[k] + AFTER) / STEP)
        t, values = read_signal(rng, signals[k, :end], marks[k])
        span = span_of(gate_spans(t, values, float(rng.choice(HANGS))), marks[k])
        if span is not None:
            yield DrawnFigure(span, figure, path_during(paths[k], span))


def gate_spans(t: Array, values: NDArray[np.floating], hang_s: float) -> list[Span]:
    """The strokes that the motion gate finds in a take, without endless ones."""
    gate = Gate(hang_s)
    spans = [span for row in np.column_stack([t, values]).tolist() for span in gate.push(row)]
    return [span for span in (*spans, *gate.finish()) if not span.too_long]


def path_during(path: Array, span: Span) -> Array:
    """(DRAWN_POINTS, 2) the part of a path (n, 2), STEP apart, that falls into a stroke."""
    at = np.linspace(span.start, span.rows[-1][0], DRAWN_POINTS) / STEP
    return np.stack([np.interp(at, np.arange(len(path)), column) for column in path.T], axis=1)


def span_of(spans: Iterable[Span], mark: Array) -> Span | None:
    """The span that holds the figure and little else."""
    best, highest = None, 0.0
    for span in spans:
        start, end = span.start, span.rows[-1][0]
        shared = min(end, mark[1]) - max(start, mark[0])
        other = end - start - shared
        share = shared / (mark[1] - mark[0])
        fits = share > LEAST_DRAWN and other < max(MOST_OTHER * (end - start), OTHER_S)
        score = share - other / (end - start)
        if fits and score > highest:
            best, highest = span, score
    return best
