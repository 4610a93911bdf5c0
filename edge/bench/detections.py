"""Compare detections with the true words or strokes of a simulated signal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from edge.bench.statistics import summary
from edge.simulation.ground_truth import Mark


class Detected(Protocol):
    @property
    def t(self) -> float: ...


D = TypeVar("D", bound=Detected)


@dataclass(frozen=True)
class KnownDetection:
    label: str
    t: float
    """Time of the detection in s of the signal."""
    known_s: float
    """Time in s of the signal at which the program knows the detection."""


def assign_detections(
    marks: Iterable[Mark], detections: Iterable[D], tolerance_s: float
) -> tuple[list[tuple[Mark, list[D]]], list[D]]:
    """Return the detections of each mark, and the detections that belong to no mark.

    A detection belongs to the first mark in which it lies, from the start of the mark until
    `tolerance_s` after its end.
    """
    unassigned = list(detections)
    by_mark = []
    for mark in marks:
        found = [d for d in unassigned if mark.start < d.t < mark.end + tolerance_s]
        unassigned = [d for d in unassigned if d not in found]
        by_mark.append((mark, found))
    return by_mark, unassigned


def delays_and_counts(
    marks: Sequence[Mark],
    detections: Sequence[KnownDetection],
    words: set[str],
    tolerance_s: float,
) -> dict[str, Any]:
    """The delays of the right detections, and the numbers of right, wrong and extra detections.

    `words` are the labels that should be detected. A word is right if one of its detections has its
    label, and wrong if it only has detections with other labels. The delay is the time from the end
    of a word to the moment at which its detection is known.
    """
    delays_ms, wrong = [], 0
    by_mark, extra = assign_detections(
        [mark for mark in marks if mark.label in words], detections, tolerance_s
    )
    for mark, found in by_mark:
        right = [detection for detection in found if detection.label == mark.label]
        if right:
            delays_ms.append((right[0].known_s - mark.end) * 1e3)
        elif found:
            wrong += 1
    return {
        "delay_ms": summary(np.array(delays_ms)) if delays_ms else None,
        "marks": len(by_mark),
        "right": len(delays_ms),
        "wrong": wrong,
        "extra": len(extra),
    }
