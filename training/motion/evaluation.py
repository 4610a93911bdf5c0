"""Accuracy on strokes that were not trained on, of the float network and of the int8 model."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from training.common.confusion import Counts, confusion_matrix, most_confused
from training.common.int8_model import device_scores
from training.common.tflite import to_int8
from training.motion import network
from training.motion.export import int8_model
from training.motion.strokes import LABELS, Strokes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """Scores of the float network and of the int8 model for the same strokes."""

    name: str
    truth: NDArray[np.intp]
    """(n,) class numbers."""
    float_scores: NDArray[np.float32]
    int8_scores: NDArray[np.float32]

    @property
    def int8_accuracy(self) -> float:
        return self._accuracy(self.int8_scores)

    @property
    def float_accuracy(self) -> float:
        return self._accuracy(self.float_scores)

    def _accuracy(self, scores: NDArray[np.float32]) -> float:
        return float((scores.argmax(axis=1) == self.truth).mean())

    def confusion(self) -> Counts:
        """Rows: the drawn labels; columns: the labels that the int8 model gives."""
        return confusion_matrix(self.truth, self.int8_scores.argmax(axis=1), len(LABELS))

    def summary(self) -> str:
        """Both accuracies in one line."""
        accuracies = f"int8 {self.int8_accuracy:.4f}, float {self.float_accuracy:.4f}"
        return f"{self.name}: {len(self.truth)} strokes, {accuracies}"

    def table(self) -> list[str]:
        """A Markdown table with the accuracy of each label."""
        rows = [
            "| drawn | strokes | float | int8 | most often taken for |",
            "|---|---|---|---|---|",
        ]
        confusion = self.confusion()
        for k, label in enumerate(LABELS):
            drawn = self.truth == k
            if not drawn.any():
                continue
            in_float = (self.float_scores[drawn].argmax(axis=1) == k).mean()
            in_int8 = (self.int8_scores[drawn].argmax(axis=1) == k).mean()
            wrong = most_confused(confusion, k)
            other = f"{LABELS[wrong[0]]} ({wrong[1]})" if wrong else ""
            rows.append(f"| {label} | {drawn.sum()} | {in_float:.3f} | {in_int8:.3f} | {other} |")
        return rows


def evaluate(
    name: str, trained: keras.Model, strokes: Strokes, calibration: NDArray[np.float32]
) -> Evaluation:
    """Score the strokes with a network and with the int8 model that it gives."""
    evaluation = Evaluation(
        name,
        strokes.classes(),
        network.probabilities(trained, strokes.tensors),
        device_scores(int8_model(to_int8(trained, calibration)), strokes.tensors),
    )
    log.info("%s", evaluation.summary())
    return evaluation
