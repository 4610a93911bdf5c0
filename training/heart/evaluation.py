"""Sensitivity and precision: of the detection of beats, and of each class of beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.formats.ecg.annotation_file import LABELS
from training.common.confusion import Counts, confusion_matrix
from training.heart.beats import FALSE, IGNORED, Beats

# How much more sensitivity counts than precision where the bias of a class is chosen. Early atrial
# beats are so rare that equal weights would miss most of them.
BETA = {"S": 2.0, "V": 1.0}


@dataclass(frozen=True)
class Evaluation:
    """Beats with their scores."""

    name: str
    beats: Beats
    scores: NDArray[np.float32]

    @property
    def recognised(self) -> NDArray[np.intp]:
        found: NDArray[np.intp] = self.scores.argmax(axis=1)
        return found

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Detections outside of ventricular flutter, which has no single beats."""
        return self.beats.classes != IGNORED

    def detection(self) -> tuple[float, float]:
        """Sensitivity and precision of the detection of beats."""
        found = int((self.beats.classes >= 0).sum())
        false = int((self.beats.classes == FALSE).sum())
        return _share(found, len(self.beats.missed)), _share(found, false)

    def of_class(self, label: str) -> tuple[float, float, int]:
        """Sensitivity and precision of one class, and the number of its beats.

        Beats that were not detected count as misses, detections without a beat as false.
        """
        number = LABELS.index(label)
        is_class = self.beats.classes == number
        said = (self.recognised == number) & self.counted
        right = int((is_class & said).sum())
        missed = int((is_class & ~said).sum()) + int((self.beats.missed == number).sum())
        return _share(right, missed), _share(right, int((said & ~is_class).sum())), right + missed

    def accuracy(self) -> float:
        """Share of the beats with the right class; beats that were not detected are wrong."""
        real = self.beats.classes >= 0
        right = int((self.recognised[real] == self.beats.classes[real]).sum())
        return right / (int(real.sum()) + len(self.beats.missed))

    def confusion(self) -> Counts:
        """Rows: the classes of the annotations; columns: the recognised classes."""
        real = self.beats.classes >= 0
        return confusion_matrix(self.beats.classes[real], self.recognised[real], len(LABELS))

    def summary(self) -> str:
        parts = [f"{label} {{:.1%}} / {{:.1%}}".format(*self.of_class(label)[:2]) for label in "SV"]
        return f"{self.name}: sensitivity / precision {', '.join(parts)}"

    def table(self) -> list[str]:
        """A Markdown table."""
        sensitivity, precision = self.detection()
        rows = [
            "| | beats | sensitivity | precision |",
            "|---|---|---|---|",
            f"| detection | {len(self.beats.missed) + int((self.beats.classes >= 0).sum())} "
            f"| {sensitivity:.2%} | {precision:.2%} |",
        ]
        for label in LABELS:
            sensitivity, precision, count = self.of_class(label)
            rows.append(f"| {label} | {count} | {sensitivity:.1%} | {precision:.1%} |")
        return rows

    def table_by_patient(self) -> list[str]:
        """What is recognised as S and V in each record: right, missed and false."""
        rows = [
            "| record | S right | missed | false | V right | missed | false |",
            "|" + "---|" * 7,
        ]
        for patient in np.unique(self.beats.patients):
            of_patient = self.beats.patients == patient
            cells = [str(patient)]
            for label in "SV":
                number = LABELS.index(label)
                is_class = of_patient & (self.beats.classes == number)
                said = of_patient & self.counted & (self.recognised == number)
                counts = (is_class & said, is_class & ~said, said & ~is_class)
                cells += [str(int(count.sum())) for count in counts]
            rows.append(f"| {' | '.join(cells)} |")
        return rows


def choose_bias(evaluation: Evaluation, steps: Sequence[float]) -> NDArray[np.float64]:
    """What to add to the logarithm of the score of each class, so that its F measure is highest.

    Training draws rare classes more often than they occur, which this corrects.
    """
    bias = np.zeros(len(LABELS))
    logarithms = np.log(np.maximum(evaluation.scores, 1e-9))
    for label in ("V", "S", "V"):
        number = LABELS.index(label)
        best = -1.0
        for step in steps:
            tried = bias.copy()
            tried[number] = step
            scores = (logarithms + tried).astype(np.float32)
            sensitivity, precision, _ = Evaluation("", evaluation.beats, scores).of_class(label)
            score = _f_measure(sensitivity, precision, BETA[label])
            if score > best:
                best, bias = score, tried
    return bias


def _f_measure(sensitivity: float, precision: float, beta: float) -> float:
    weighted = beta**2 * precision + sensitivity
    return (1 + beta**2) * precision * sensitivity / weighted if weighted else 0.0


def _share(right: int, wrong: int) -> float:
    return right / (right + wrong) if right + wrong else 1.0
