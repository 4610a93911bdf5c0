"""Score a whole recording, in which a word is likelier than in a moment of a stream.

In a stream most moments hold no word, and a network learns that along with the words. A recording
that somebody gives on purpose mostly holds one word. Without a correction, a word that is cut
close, or said in an accent that is not in the training set, would be labelled "none".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.decision import DecisionSettings

AVERAGED_WINDOWS = 9  # consecutive windows, 0.36 s: no chance resemblance to a word lasts so long


class ClipScorer:
    """Combines the scores of all windows of a recording into one score for each label.

    One window: the scores are weighted with the model's word prior. Several windows: the stretch in
    which a word scores highest counts, without a prior; to choose it favours words enough.
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
