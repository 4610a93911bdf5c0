"""Strokes to learn from: cut and binned by the device's own code, with who drew them and when."""

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
class Strokes:
    """A set of strokes; every array has one row a stroke."""

    motion: NDArray[np.float32]
    """(n, bins, 6) acceleration and turn rate."""
    duration: NDArray[np.float64]
    label: NDArray[np.str_]
    corpus: NDArray[np.str_]
    session: NDArray[np.str_]
    order: NDArray[np.str_]
    """Sorts the takes of one corpus by when they were taken."""

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Strokes:
        return Strokes(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @cached_property
    def tensors(self) -> NDArray[np.float32]:
        """Model inputs; kept, since several networks learn from the same simulated people."""
        return tensors(self.motion.astype(np.float64), self.duration)

    def classes(self) -> NDArray[np.intp]:
        return np.array([LABELS.index(label) for label in self.label], dtype=np.intp)


@dataclass(frozen=True)
class Stroke:
    span: Span
    label: str
    corpus: str
    session: str = ""
    order: str = ""


def gather(strokes: Iterable[Stroke]) -> Strokes:
    """Cut strokes to one set."""
    rows = [(*binned(s.span), s.label, s.corpus, s.session, s.order) for s in strokes]
    if not rows:
        empty = np.zeros(0, dtype=np.str_)
        return Strokes(
            np.zeros((0, INTEGRATION_BINS, 6), np.float32), np.zeros(0), empty, empty, empty, empty
        )
    motion, duration, *texts = zip(*rows, strict=True)
    return Strokes(
        np.array(motion, dtype=np.float32), np.array(duration), *(np.array(t) for t in texts)
    )


def join(sets: Iterable[Strokes]) -> Strokes:
    sets = list(sets)
    return Strokes(
        *(np.concatenate([getattr(s, n) for s in sets]) for n in Strokes.__dataclass_fields__)
    )
