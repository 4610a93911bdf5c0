"""Strokes to train on: segmented and binned by the device's own code, with writer and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.binning import INTEGRATION_BINS, binned
from edge.features.motion.span import Span
from edge.formats.motion.file_name import NONE_LABEL as NONE

DIGITS = tuple("0123456789")
LABELS = (*DIGITS, NONE)
UPSIDE_DOWN = "upside down"
"""The label of a drawing under the wrong sign of the lateral axis."""
MODEL_LABELS = (*LABELS, UPSIDE_DOWN)
# Corpora of simulated movements that draw nothing.
TURNS, IDLE, WAY_BACK = "turns", "idle", "way back"
DRAWN_POINTS = 64

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stroke:
    """One stroke as the motion gate found it, and where it is from."""

    span: Span
    label: str
    corpus: str
    figure: str = ""
    """What was drawn, by its name in the corpus: a letter, a shape."""
    session: str = ""
    order: str = ""
    drawn: Array | None = None
    """(DRAWN_POINTS, 2) what the hand truly drew, where that is known."""


@dataclass(frozen=True)
class Strokes:
    """A set of strokes; every array has one row for each stroke."""

    motion: NDArray[np.float32]
    """(n, bins, 6) acceleration and turn rate."""
    duration: NDArray[np.float64]
    """Seconds."""
    clipped: NDArray[np.float64]
    """(n, 2) shares of samples at the limits of the accelerometer and of the gyroscope."""
    label: NDArray[np.str_]
    corpus: NDArray[np.str_]
    figure: NDArray[np.str_]
    session: NDArray[np.str_]
    """Recording session of the corpus."""
    order: NDArray[np.str_]
    """Sorts the strokes of one corpus by time."""
    drawn: NDArray[np.float32]
    """(n, DRAWN_POINTS, 2) what the hand truly drew; zero where that is not known."""

    @classmethod
    def from_spans(cls, strokes: Iterable[Stroke]) -> Strokes:
        """Bin the signals of single strokes."""
        strokes = list(strokes)
        texts = [[s.label, s.corpus, s.figure, s.session, s.order] for s in strokes]
        signals = [binned(s.span) for s in strokes]
        motion, duration, clipped = zip(*signals, strict=True) if signals else ((), (), ())
        unknown = np.zeros((DRAWN_POINTS, 2))
        drawn = [unknown if s.drawn is None else s.drawn for s in strokes]
        label, corpus, figure, session, order = np.reshape(texts, (-1, 5)).astype(np.str_).T
        return cls(
            np.reshape(motion, (-1, INTEGRATION_BINS, 6)).astype(np.float32),
            np.array(duration, dtype=float),
            np.reshape(clipped, (-1, 2)).astype(float),
            label,
            corpus,
            figure,
            session,
            order,
            np.reshape(drawn, (-1, DRAWN_POINTS, 2)).astype(np.float32),
        )

    @classmethod
    def concatenate(cls, sets: Iterable[Strokes]) -> Strokes:
        """All strokes of several sets."""
        arrays = [one.arrays() for one in sets]
        return cls(**{name: np.concatenate([a[name] for a in arrays]) for name in arrays[0]})

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Strokes:
        return Strokes(**{name: values[rows] for name, values in self.arrays().items()})

    def arrays(self) -> dict[str, NDArray]:  # type: ignore[type-arg]
        """The fields by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def classes(self) -> NDArray[np.intp]:
        """The number of each stroke's label."""
        return np.array([LABELS.index(label) for label in self.label], dtype=np.intp)
