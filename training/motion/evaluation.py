"""Accuracy on strokes that were not trained on, of the float network and of the int8 model."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.decision.stroke_settings import StrokeSettings
from edge.model.model import Model
from training.common.confusion import Counts, confusion_matrix, most_confused
from training.common.int8_model import device_scores
from training.motion import network
from training.motion.scoring import stroke_scores
from training.motion.strokes import DIGITS, LABELS, Strokes
from training.motion.thresholds import Thresholds

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """Scores of the float network and of the int8 model for the same strokes."""

    name: str
    truth: NDArray[np.intp]
    """(n,) class numbers."""
    float_scores: NDArray[np.float64]
    int8_scores: NDArray[np.float64]
    accepted: NDArray[np.bool_]
    """Whether the int8 score of the best digit reaches the threshold for recordings."""

    @property
    def int8_accuracy(self) -> float:
        return self._accuracy(self.int8_scores)

    @property
    def float_accuracy(self) -> float:
        return self._accuracy(self.float_scores)

    def _accuracy(self, scores: NDArray[np.float64]) -> float:
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
            "| drawn | strokes | float | int8 | accepted as a digit | most often taken for |",
            "|---|---|---|---|---|---|",
        ]
        confusion = self.confusion()
        for k, label in enumerate(LABELS):
            drawn = self.truth == k
            if not drawn.any():
                continue
            in_float = (self.float_scores[drawn].argmax(axis=1) == k).mean()
            in_int8 = (self.int8_scores[drawn].argmax(axis=1) == k).mean()
            accepted = self.accepted[drawn].mean()
            wrong = most_confused(confusion, k)
            other = f"{LABELS[wrong[0]]} ({wrong[1]})" if wrong else ""
            rows.append(
                f"| {label} | {drawn.sum()} | {in_float:.3f} | {in_int8:.3f} | {accepted:.3f} | "
                f"{other} |"
            )
        return rows


def evaluate(
    name: str, trained: keras.Model, model: Model, strokes: Strokes, thresholds: Thresholds
) -> Evaluation:
    """Score the strokes with a network and with the int8 model that it gives."""
    assert isinstance(model.settings, StrokeSettings)
    weights = model.settings.view_weights
    scores = stroke_scores(partial(device_scores, model), strokes, weights)
    digits = scores[:, : len(DIGITS)]
    least = np.array([thresholds.by_digit[digit] for digit in DIGITS])
    evaluation = Evaluation(
        name,
        strokes.classes(),
        stroke_scores(partial(network.probabilities, trained), strokes, weights),
        scores,
        digits.max(axis=1) >= least[digits.argmax(axis=1)],
    )
    log.info("%s", evaluation.summary())
    return evaluation
