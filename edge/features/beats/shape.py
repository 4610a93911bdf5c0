"""The shape of a beat, compared with the usual beat of the same patient."""

from __future__ import annotations

from collections import deque
from math import log

import numpy as np

from edge.features.beats import p_wave
from edge.features.beats.filters import Samples
from edge.features.beats.p_wave import AFTER, BEFORE, P_WAVE, PWaves, correlation, rms

QRS = slice(BEFORE - 18, BEFORE + 23)
T_WAVE = slice(BEFORE + 24, BEFORE + AFTER)
SLOPES = slice(BEFORE - 20, BEFORE + 25)  # samples whose differences show the width
AREA = slice(BEFORE - 16, BEFORE + 21)

BEATS = 24  # normal beats whose median is the usual beat; and the last beats whose values are usual
SMALL = 0.05  # mV, added to heights: noise is not divided by nothing
HEIGHT = 2.0  # of the usual QRS complex after scaling
FLAT = 0.12  # of the largest slope: smaller slopes do not count for the width
USUAL_WIDTH = 6.0  # samples of the spread of the slopes: between narrow and wide

NAMES = (
    "qrs_match",
    "qrs_match_to_usual",
    "p_match",
    "usual_p_match",
    "t_match",
    "height",
    "slope",
    "p_change",
    "qrs_change",
    "t_change",
    "previous_match",
    "energy",
    "slope_match",
    "width",
    "width_in_time",
    "area",
    "sharpness",
    *p_wave.NAMES,
)


class Shapes:
    """The shapes of the beats of one patient."""

    def __init__(self) -> None:
        self._normal: deque[Samples] = deque(maxlen=BEATS)
        self._p_waves = PWaves()
        self._recent: dict[str, deque[float]] = {}
        self._previous: Samples | None = None
        self._usual: Samples | None = None

    def shift(self, around: Samples, most: int) -> int:
        """By how many samples, at most `most`, a window must move to match the usual beat.

        `around` is the window with `most` more samples on each side.
        """
        usual = self.usual
        if usual is None:
            return 0
        qrs = usual[QRS] - usual[QRS].mean()
        samples = around[QRS.start : QRS.stop + 2 * most]
        moved = np.lib.stride_tricks.sliding_window_view(samples, len(qrs))
        moved = moved - moved.mean(axis=1, keepdims=True)
        norms = np.sqrt((moved**2).sum(axis=1) * (qrs @ qrs))
        return int(np.argmax(moved @ qrs / (norms + 1e-6))) - most

    @property
    def usual(self) -> Samples | None:
        """The median of the last normal beats; None before the first one."""
        if self._usual is None and self._normal:
            self._usual = np.median(self._normal, axis=0)
        return self._usual

    def add(
        self, window: Samples, height: float, is_normal: bool, passed: int | None = None
    ) -> dict[str, float]:
        """The shape of the next beat, by NAMES: its window in mV, and its height in the envelope.

        The usual beat takes account of the windows for which `is_normal` is true. `passed` is the
        number of samples since the beat before, if it is known. All values are about -2 to 2.
        """
        usual = window if self.usual is None else self.usual
        scale = HEIGHT / (float(np.ptp(usual[QRS])) + SMALL)
        beat, usual = window * scale, usual * scale
        previous = beat if self._previous is None else self._previous
        self._previous = beat
        if is_normal or len(self._normal) < 2:
            self._normal.append(window)
            self._usual = None

        change = beat - usual
        match = correlation(beat[QRS], usual[QRS])
        p_match = correlation(beat[P_WAVE], usual[P_WAVE])
        slopes, usual_slopes = np.diff(beat[SLOPES]), np.diff(usual[SLOPES])
        width, usual_width = _width(slopes), _width(usual_slopes)
        relative_height = float(np.ptp(beat[QRS])) / HEIGHT
        energy = height / self._median("energy", height)
        values = (
            4 * (match - 1),
            0.7 * self._change("qrs_match", 1 - match, 0.003),
            2 * p_match,
            2 * self._median("p_match", p_match),
            2 * correlation(beat[T_WAVE], usual[T_WAVE]),
            log(relative_height + 0.02),
            log(_steepness(beat) / (_steepness(usual) + 0.02) + 0.02),
            self._change("p", rms(change[P_WAVE]), 0.03),
            self._change("qrs", rms(change[QRS]), 0.03),
            self._change("t", rms(change[T_WAVE]), 0.03),
            2 * correlation(beat[QRS], previous[QRS]),
            log(energy + 0.02),
            3 * (correlation(slopes, usual_slopes) - 1),
            3 * log(width / usual_width),
            3 * log(width / USUAL_WIDTH),
            log(_area(beat) / (_area(usual) + 0.1) + 0.02),
            2 * log((energy + 0.02) / (relative_height + 0.02)),
            *self._p_waves.add(beat, usual, passed).values(),
        )
        return dict(zip(NAMES, values, strict=True))

    def _median(self, name: str, value: float) -> float:
        """The median of the values of this name, of the last beats and this one."""
        recent = self._recent.setdefault(name, deque(maxlen=BEATS + 1))
        recent.append(value)
        return float(np.median(recent))

    def _change(self, name: str, value: float, small: float) -> float:
        """How much larger a positive value is than usual, as a logarithm."""
        return log((value + small) / (self._median(name, value) + small))


def _steepness(beat: Samples) -> float:
    return float(np.abs(np.diff(beat[QRS])).sum())


def _width(slopes: Samples) -> float:
    """The spread in time of the steep samples, in samples: small for a narrow QRS complex."""
    size = np.abs(slopes)
    steep = np.maximum(size - FLAT * size.max(), 0)
    total = float(steep.sum()) + 1e-6
    k = np.arange(len(steep))
    middle = float(steep @ k) / total
    return float(np.sqrt(steep @ (k - middle) ** 2 / total)) + 0.5


def _area(beat: Samples) -> float:
    """The area between the QRS complex and the line through its ends."""
    qrs = beat[AREA]
    line = np.linspace(float(qrs[:3].mean()), float(qrs[-3:].mean()), len(qrs))
    return float(np.abs(qrs - line).sum())
