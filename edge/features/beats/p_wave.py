"""The P wave of a beat, compared with the usual one.

The atria contract before the ventricles. A beat that begins at another place has another P wave, or
none.

The P wave of an early beat lies on the T wave of the beat before. So the end of the usual beat is
subtracted at the place of the beat before, and what remains is compared with the usual P wave.
"""

from __future__ import annotations

from collections import deque
from math import log

import numpy as np
from numpy.typing import NDArray

from edge.features.beats.filters import Samples

BEFORE, AFTER = 64, 88  # samples of the window of a beat before and after its middle: 0.84 s
P_WAVE = slice(BEFORE - 48, BEFORE - 14)
CORE = slice(BEFORE - 44, BEFORE - 18)  # of the usual P wave: the part that is looked for
SEARCHED = slice(BEFORE - 56, BEFORE - 10)  # where it is looked for
STEP = 3  # samples between two places where it is looked for
START = slice(0, 16)  # the first samples of the window
BEATS = 25  # the last beats, which show how steady the P waves are
SMALL = 0.02  # of the height of a beat / HEIGHT, added before logarithms

NAMES = (
    "usual_p_size",
    "p_steadiness",
    "p_alone_match",
    "p_alone_size",
    "p_alone_size_to_usual",
    "moved_p_match",
    "p_move",
    "p_alone_match_to_previous",
    "start_change",
)


class PWaves:
    """The P waves of the beats of one patient."""

    def __init__(self) -> None:
        self._changes: deque[float] = deque(maxlen=BEATS)
        self._previous: Samples | None = None

    def add(self, beat: Samples, usual: Samples, passed: int | None) -> dict[str, float]:
        """The P wave of the next beat, by NAMES; all values are about -2 to 2.

        `beat` and `usual` are the windows of the beat and of the usual beat in the same scale, and
        `passed` is the number of samples since the beat before, if it is known.
        """
        usual_p = _centred(usual[P_WAVE])
        alone = _centred(beat[P_WAVE] - _beat_before(usual, passed))
        previous, self._previous = self._previous, alone
        self._changes.append(rms(_centred(beat[P_WAVE]) - usual_p))
        usual_size, size = rms(usual_p), rms(alone)
        best, move = _find(beat[SEARCHED], _centred(usual[CORE]))
        values = (
            log(usual_size + SMALL) + 2,
            log((usual_size + SMALL / 2) / (float(np.median(self._changes)) + SMALL / 2)),
            2 * correlation(alone, usual_p),
            log(size + SMALL) + 2,
            log((size + SMALL) / (usual_size + SMALL)),
            2 * best,
            (STEP * move - CORE.start + SEARCHED.start) / 6,
            0.0 if previous is None else 2 * correlation(alone, previous),
            log(rms(beat[START] - usual[START]) + SMALL) + 2,
        )
        return dict(zip(NAMES, values, strict=True))


def _beat_before(usual: Samples, passed: int | None) -> Samples:
    """What the beat before adds to the place of the P wave, if it was a usual beat."""
    found = np.zeros(P_WAVE.stop - P_WAVE.start)
    if passed is not None:
        tail = usual[P_WAVE.start + passed : P_WAVE.stop + passed]
        found[: len(tail)] = tail
    return found


def _find(samples: Samples, wanted: Samples) -> tuple[float, int]:
    """The best correlation of `wanted` within the samples, and its place in steps."""
    places = np.lib.stride_tricks.sliding_window_view(samples, len(wanted))[::STEP]
    places = places - places.mean(axis=1, keepdims=True)
    norms = np.sqrt((places**2).sum(axis=1) * (wanted @ wanted) + 1e-6)
    matches = places @ wanted / norms
    best = int(matches.argmax())
    return float(matches[best]), best


def _centred(samples: Samples) -> Samples:
    centred: Samples = samples - samples.mean()
    return centred


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other) + 1e-6))


def rms(values: Samples) -> float:
    return float(np.sqrt((values @ values) / len(values)))
