"""Find the heartbeats in a stream of samples.

A band-pass filter keeps the band of the QRS complex. The moving average of its magnitude is the
envelope, and each maximum of the envelope is a candidate. A candidate is a beat if it is high
enough compared with the last beats. If no beat comes for a while, lower candidates are taken into
account too. The constants were chosen on the training records of the MIT-BIH database.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from edge.features.beats.filters import Samples, StreamingFilter, band_pass, mean
from edge.features.beats.grid import RATE

LOW, HIGH = 8.0, 22.0  # Hz: QRS complexes, with little of the T waves and the noise of muscles
TAPS = 51  # of the band-pass filter
ENVELOPE = 21  # samples: a QRS complex takes about 0.1 s
MAXIMUM = 27  # samples, 0.15 s, on each side of a candidate that are lower

THRESHOLD = 0.4  # of the median height of the last beats
SEARCH_BACK = 0.5  # of the threshold: for the time in which a beat is missing
OVERDUE = 1.5  # intervals without a beat after which one is missing
T_WAVE = 0.5  # a candidate soon after a beat is a T wave if it is lower than this share of it
T_WAVE_TIME = 0.36  # s after a beat
REFRACTORY = 0.22  # s after a beat in which the ventricles cannot beat again
CAP = 2.0  # a beat counts with at most so many times the median height: artefacts are high
BEATS = 8  # whose heights and intervals are averaged
USUAL_INTERVAL = 0.8  # s, before the first interval is known
LEARNING = 4.0  # s of candidates before the first decision, and without a beat before a new start
LEARNING_BEATS = 4  # the highest candidates of this time set the first threshold
FLOOR = 0.005  # mV of the envelope: a lower one is a flat line


@dataclass(frozen=True)
class Beat:
    sample: int
    """Number of the sample at the maximum of the envelope, near the R peak."""
    height: float
    """The envelope there, in mV."""


class BeatDetector:
    """Yields each beat once; a beat is known `LOOKAHEAD` samples after its R peak, or later."""

    LOOKAHEAD = TAPS // 2 + ENVELOPE // 2 + MAXIMUM

    def __init__(self) -> None:
        self._band_pass = StreamingFilter(band_pass(LOW, HIGH, TAPS))
        self._mean = StreamingFilter(mean(ENVELOPE))
        self._envelope = np.zeros(MAXIMUM)
        # Number of the first sample in `_envelope`.
        self._first = -MAXIMUM - self._band_pass.delay - self._mean.delay
        self._heights: deque[float] = deque(maxlen=BEATS)
        self._intervals: deque[int] = deque([round(USUAL_INTERVAL * RATE)], maxlen=BEATS)
        self._last: Beat | None = None
        self._skipped: list[Beat] = []  # candidates since the last beat that were too low
        self._learning_since = 0

    @property
    def decided(self) -> int:
        """All candidates before the sample of this number have been decided about.

        If a beat is overdue, those of the last LEARNING seconds before it are decided about anew.
        """
        return self._first + MAXIMUM

    def process(self, block: Samples) -> Iterator[Beat]:
        """Beats that follow from the next samples."""
        envelope = self._mean.process(np.abs(self._band_pass.process(block)))
        self._envelope = np.concatenate([self._envelope, envelope])
        for candidate in self._candidates():
            yield from self._decide(candidate)

    def finish(self) -> Iterator[Beat]:
        """The beats of a stream that ends before the first threshold is set.

        Its two highest candidates set the threshold.
        """
        if self._heights or len(self._skipped) < 2:
            return
        candidates, self._skipped = self._skipped, []
        highest = sorted(candidates, key=_height)[-2:]
        self._heights.append(median(beat.height for beat in highest))
        for candidate in candidates:
            yield from self._decide(candidate)

    def _candidates(self) -> Iterator[Beat]:
        """The maxima of the envelope for which enough samples on both sides are known."""
        count = len(self._envelope) - 2 * MAXIMUM
        if count <= 0:
            return
        around = np.lib.stride_tricks.sliding_window_view(self._envelope, 2 * MAXIMUM + 1)
        middle = self._envelope[MAXIMUM:-MAXIMUM]
        is_maximum = (middle == around.max(axis=1)) & (middle > FLOOR)
        for k in np.flatnonzero(is_maximum).tolist():
            sample = self._first + MAXIMUM + k
            if sample >= 0:
                yield Beat(sample, float(middle[k]))
        self._envelope = self._envelope[count:]
        self._first += count

    def _decide(self, candidate: Beat) -> Iterator[Beat]:
        since = self._learning_since if self._last is None else self._last.sample
        if candidate.sample - since > LEARNING * RATE:
            yield from self._learn(candidate.sample - round(LEARNING * RATE))
        elif self._heights and candidate.sample - since > OVERDUE * median(self._intervals):
            yield from self._search_back()
        if self._heights and self._is_beat(candidate):
            yield self._accept(candidate)
        else:
            self._skipped.append(candidate)

    def _is_beat(self, candidate: Beat) -> bool:
        if candidate.height <= THRESHOLD * median(self._heights):
            return False
        if self._last is None:
            return True
        passed = (candidate.sample - self._last.sample) / RATE
        is_t_wave = passed < T_WAVE_TIME and candidate.height < T_WAVE * self._last.height
        return passed > REFRACTORY and not is_t_wave

    def _accept(self, beat: Beat) -> Beat:
        if self._last is not None:
            self._intervals.append(beat.sample - self._last.sample)
        limit = CAP * median(self._heights) if self._heights else beat.height
        self._heights.append(min(beat.height, limit))
        self._last = beat
        self._skipped = [other for other in self._skipped if other.sample > beat.sample]
        return beat

    def _search_back(self) -> Iterator[Beat]:
        """The highest skipped candidate, if it could be the beat that is missing."""
        allowed = [
            beat
            for beat in self._skipped
            if self._last is None or beat.sample - self._last.sample > REFRACTORY * RATE
        ]
        highest = max(allowed, key=_height, default=None)
        threshold = SEARCH_BACK * THRESHOLD * median(self._heights)
        if highest is not None and highest.height > threshold:
            yield self._accept(highest)

    def _learn(self, since: int) -> Iterator[Beat]:
        """Set the threshold by the candidates since a sample, and decide about these anew."""
        waiting = [beat for beat in self._skipped if beat.sample >= since]
        self._skipped = []
        heights = sorted((beat.height for beat in waiting), reverse=True)[:LEARNING_BEATS]
        if heights:
            self._heights = deque([median(heights)] * BEATS, maxlen=BEATS)
            self._learning_since = waiting[-1].sample
            for beat in waiting:
                if self._is_beat(beat):
                    yield self._accept(beat)
                else:
                    self._skipped.append(beat)


def _height(beat: Beat) -> float:
    return beat.height


def blocks_of(samples: NDArray[np.floating], size: int) -> Iterator[Samples]:
    """All samples in blocks; the last block is filled up with the last sample."""
    missing = -len(samples) % size
    yield from np.pad(samples.astype(np.float64), (0, missing), "edge").reshape(-1, size)
