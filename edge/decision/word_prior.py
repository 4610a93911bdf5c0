"""Score a whole recording, which is more likely to contain a word than a moment of a stream.

Most moments of a stream contain no word, and a network learns this as well. A recording that a user
chooses usually contains one word. Without a correction, a word that is cut too short, or said with
an accent that is not in the training set, would be labelled "none".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from edge.decision import DecisionSettings

AVERAGED_WINDOWS = 9  # consecutive windows, 0.36 s: noise resembles a word for a shorter time


class ClipScorer:
    """Combines the scores of all windows of a recording into one score for each label.

    The scores of a single window are weighted with the model's word prior. Of several windows, the
    stretch with the highest score of a word is used. It needs no prior, because this choice already
    prefers words.
    """

    def __init__(self, labels: Sequence[str], settings: DecisionSettings) -> None:
        background = settings.background_labels
        self._words = [k for k, label in enumerate(labels) if label not in background]
        if not self._words:
            raise ValueError("every label is a background label")
        self._odds = np.ones(len(labels), np.float32)
        self._odds[self._words] = settings.word_prior

    def score_recording(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of each label, from the scores (n, labels) of all windows."""
        found = self.best_stretch(scores)
        if len(scores) > 1:
            return found
        weighted = found * self._odds
        return weighted * (found.sum() / weighted.sum())  # int8 scores sum to nearly one

    def best_stretch(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean scores of the consecutive windows in which a word scores highest."""
        count = min(len(scores), AVERAGED_WINDOWS)
        sums = np.cumsum(np.pad(scores, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
        means = (sums[count:] - sums[:-count]) / count
        found: NDArray[np.float32] = means[means[:, self._words].max(axis=1).argmax()]
        return found.astype(np.float32)
