"""What a network's scores mean for a recording that somebody asks about.

In endless sound most moments hold no word, and a network learns that along with the words. A
recording given on purpose mostly holds one, and one cut close, or said in an accent that training
did not hear, would else be "none" where everybody hears which word it must be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOGETHER = 9  # places, one after the other, whose mean counts: no chance resemblance lasts 0.36 s
MOST = 100.0  # times


class ClipScorer:
    """`asked` of a manifest's decision (default 1): how many times likelier a word is in a
    recording that holds one thing than in a moment of endless sound. ValueError if it cannot be.

    Where the one thing may be in several places, that in which a word is surest is taken, and that
    makes words likely enough.
    """

    def __init__(self, labels: Sequence[str], settings: Mapping[str, Any]) -> None:
        times = float(settings.get("asked", 1.0))
        if not 1 <= times <= MOST:
            raise ValueError(f"asked is {times}, not between 1 and {MOST:g}")
        none = {*settings.get("silent", ()), settings.get("none")}
        self._words = [at for at, label in enumerate(labels) if label not in none]
        if not self._words:
            raise ValueError("not one label is a word")
        self._odds = np.ones(len(labels), np.float32)
        self._odds[self._words] = times

    def score_recording(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """How likely each label is, from the scores (n, labels) of every place."""
        found = self.moment(scores)
        if len(scores) > 1:
            return found
        weighed = found * self._odds
        return weighed * (found.sum() / weighed.sum())  # int8 scores sum to nearly one

    def moment(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The scores where a word is surest."""
        together = min(len(scores), TOGETHER)
        sums = np.cumsum(np.pad(scores, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
        means = (sums[together:] - sums[:-together]) / together
        found: NDArray[np.float32] = means[means[:, self._words].max(axis=1).argmax()]
        return found.astype(np.float32)
