"""Strokes to train on: segmented and binned by the device's own code, with writer and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.gate import Span
from edge.features.motion.stroke import INTEGRATION_BINS, binned, tensors
from edge.formats.motion.file_name import NONE_LABEL as NONE

DIGITS = tuple("0123456789")
LABELS = (*DIGITS, NONE)


@dataclass(frozen=True)
class Stroke:
    """One stroke as the motion gate found it, and where it is from."""

    span: Span
    label: str
    corpus: str
    session: str = ""
    order: str = ""


@dataclass(frozen=True)
class Strokes:
    """A set of strokes; every array has one row for each stroke."""

    motion: NDArray[np.float32]
    """(n, bins, 6) acceleration and turn rate."""
    duration: NDArray[np.float64]
    """Seconds."""
    label: NDArray[np.str_]
    corpus: NDArray[np.str_]
    session: NDArray[np.str_]
    """Recording session of the corpus; of a simulated stroke, the person."""
    order: NDArray[np.str_]
    """Sorts the strokes of one corpus by time."""

    @classmethod
    def from_spans(cls, strokes: Iterable[Stroke]) -> Strokes:
        """Bin the signals of single strokes."""
        rows = [(*binned(s.span), s.label, s.corpus, s.session, s.order) for s in strokes]
        if not rows:
            none = np.zeros(0, dtype=np.str_)
            return cls(
                np.zeros((0, INTEGRATION_BINS, 6), np.float32), np.zeros(0), none, none, none, none
            )
        motion, duration, *texts = zip(*rows, strict=True)
        return cls(
            np.array(motion, dtype=np.float32), np.array(duration), *(np.array(t) for t in texts)
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

    @cached_property
    def tensors(self) -> NDArray[np.float32]:
        """Model inputs; computed once, although several networks are trained on them."""
        return tensors(self.motion.astype(np.float64), self.duration)

    def classes(self) -> NDArray[np.intp]:
        """The number of each stroke's label."""
        return np.array([LABELS.index(label) for label in self.label], dtype=np.intp)
