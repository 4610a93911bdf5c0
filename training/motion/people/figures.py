"""What simulated people draw: characters of the pen corpora, forms of digits, and other shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.shapes import FORMS, polyline
from training.motion.people import closed_shapes, gestures
from training.motion.people.counts import FigureCounts
from training.motion.people.pen_corpora import (
    AS_DIGIT,
    LETTER_CORPORA,
    LOOKALIKES,
    Character,
    read_corpus,
)
from training.motion.people.pen_line import one_high
from training.motion.strokes import DIGITS, NONE

Array = NDArray[np.float64]

CAPITAL_WEIGHT = 1.5  # there are fewer of them, and people draw them in the air
# Names of the sources of figures that are no pen corpus; those of the pen corpora are their own.
FORM, PATH, CIRCLE, SHAPE = "form", "path", "circle", "shape"

SHAPES: tuple[tuple[float, Callable[[np.random.Generator], Array]], ...] = (
    (3.0, gestures.swipe),
    (2.0, gestures.back_and_forth),
    (3.0, gestures.wedge),
    (2.0, closed_shapes.polygon),
    (1.5, gestures.zigzag),
    (1.5, gestures.wave),
    (1.5, gestures.arc),
    (0.7, gestures.horns),
    (1.0, closed_shapes.coil),
    (0.7, closed_shapes.star),
    (1.0, closed_shapes.crossed_circle),
    (0.5, closed_shapes.heart),
    (0.5, gestures.arrow),
    (1.5, gestures.doodle),
)
"""Shapes that are no digit, with weights."""


@dataclass(frozen=True)
class Figure:
    """One line to draw."""

    line: Array
    """(n, 2) one high."""
    time: Array
    """(n,) from 0 to 1, in the writer's own pace."""
    label: str
    source: str
    name: str
    """What it is in its source: a letter, a shape."""


def figures(
    counts: FigureCounts,
    part: str,
    seed: int,
    pen: Path | None,
    paths: Mapping[str, Sequence[Array]],
) -> Iterator[Figure]:
    """Random figures; the characters are those of the writers of one part of the pen corpora.

    Without pen corpora, or without recorded paths, there are fewer figures.
    """
    rng = np.random.default_rng(seed)
    if pen is not None:
        for name, count in (
            ("unipen_digits", counts.unipen_digits),
            ("pendigits", counts.pendigits),
        ):
            some = [c for c in read_corpus(pen, name) if c.part == part]
            yield from _characters(rng, some, count)
        letters = [c for n in LETTER_CORPORA for c in read_corpus(pen, n) if c.part == part]
        others = [c for c in letters if c.label not in LOOKALIKES]
        yield from _characters(rng, others, counts.letters)
        yield from _characters(
            rng, [c for c in letters if c.label in AS_DIGIT], counts.letters_as_digits
        )
    for _ in range(counts.forms):
        digit = str(rng.integers(10))
        weight = np.array([w for w, _ in FORMS[digit]]) ** 0.5
        form = FORMS[digit][rng.choice(len(weight), p=weight / weight.sum())][1]
        yield _drawn(polyline(form) - [0.3, 0.5], digit, FORM, digit)
    for _ in range(counts.paths if paths else 0):
        digit = sorted(paths)[rng.integers(len(paths))]
        yield _drawn(paths[digit][int(rng.integers(len(paths[digit])))], digit, PATH, digit)
    for _ in range(counts.circles):
        yield _drawn(closed_shapes.circle(rng), "0", CIRCLE, CIRCLE)
    weight = np.array([w for w, _ in SHAPES])
    for _ in range(counts.shapes):
        shape = SHAPES[rng.choice(len(SHAPES), p=weight / weight.sum())][1]
        yield _drawn(one_high(shape(rng)), NONE, SHAPE, shape.__name__)


def _drawn(line: Array, label: str, source: str, name: str) -> Figure:
    return Figure(line, np.linspace(0, 1, len(line)), label, source, name)


def _characters(
    rng: np.random.Generator, characters: Sequence[Character], count: int
) -> Iterator[Figure]:
    """Characters with all labels about equally often.

    Corpora hold much of some writers and little of others: writers are chosen by the square root of
    how much there is of them.
    """
    by_label: dict[str, dict[str, list[Character]]] = {}
    for one in characters:
        by_label.setdefault(one.label, {}).setdefault(one.writer, []).append(one)
    labels = sorted(by_label)
    weight = np.array([CAPITAL_WEIGHT if label.isupper() else 1.0 for label in labels])
    for _ in range(count if labels else 0):
        label = labels[rng.choice(len(labels), p=weight / weight.sum())]
        writers = by_label[label]
        sizes = np.array([len(some) for some in writers.values()]) ** 0.5
        some = list(writers.values())[rng.choice(len(writers), p=sizes / sizes.sum())]
        one = some[rng.integers(len(some))]
        digit = label if label in DIGITS else AS_DIGIT.get(label, NONE)
        line, time = one.pen.line.astype(float), one.pen.time.astype(float)
        yield Figure(line, time, digit, one.corpus, label)
