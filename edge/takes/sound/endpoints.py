"""Endpoint detection in a clip: where words are, by their energy above the clip's own noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.front_end import FrontEnd

HOP_S, FRAME_S = 0.01, 0.025
NOISE_SHARE = 0.15  # of a clip that is certainly not speech: no word lasts the whole of a second
BANDS = 8  # of 24: the level of a frame is the mean of the loudest
# The threshold is above the noise of the clip by the larger of the first two ...
RISE_DB = 6.0
RISE_SHARE = 0.3  # of the difference between the noise and the loudest frame
# ... and at least this much below the loudest frame: a softer sound is an echo of the room.
DEPTH_DB = 30.0
MAX_PAUSE_S = 0.18  # in a word: the silence before the last sound of "right" or "stop"
MAX_CLICK_S = 0.04  # a shorter sound that stands alone is not part of a word


@dataclass(frozen=True)
class Segment:
    """A part of a clip that is louder than the noise, without a pause longer than MAX_PAUSE_S."""

    start: float
    """Seconds from the beginning of the clip."""
    end: float
    snr_db: float
    """Level of its loudest frame above the noise."""
    energy: float


def word_span(samples: NDArray[np.float32], rate: int) -> tuple[float, float]:
    """Return the start and the end of the word in seconds; the whole clip if there is none."""
    segments = find_segments(samples, rate)
    if not segments:
        return 0.0, len(samples) / rate
    # The word has the most energy: a breath or a knock may be longer.
    word = max(segments, key=lambda segment: segment.energy)
    return word.start, word.end


def find_segments(samples: NDArray[np.float32], rate: int) -> list[Segment]:
    """Return all segments above the noise: the word, and perhaps breaths or knocks."""
    level = _levels(samples, rate)
    if not len(level):
        return []
    noise, loudest = float(np.quantile(level, NOISE_SHARE)), float(level.max())
    rise = max(RISE_DB, RISE_SHARE * (loudest - noise))
    runs = _runs(level > max(noise + rise, loudest - DEPTH_DB))
    if not runs:
        return []
    return [
        _segment(level[first:last], noise, first, len(samples) / rate)
        for first, last in _joined(runs, round(MAX_PAUSE_S / HOP_S), round(MAX_CLICK_S / HOP_S))
    ]


def _segment(level: NDArray[np.float64], noise: float, first: int, seconds: float) -> Segment:
    # A frame describes the sound at its centre.
    start = first * HOP_S + FRAME_S / 2 - HOP_S / 2
    end = start + len(level) * HOP_S
    energy = float((10 ** (level / 10)).sum())
    return Segment(max(0.0, start), min(seconds, end), float(level.max()) - noise, energy)


def _levels(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return the level of each frame in dB: the mean of its bands that are most above the noise.

    Each band is compared with its own noise: a vowel in noise, or an s, is in few of the bands.
    """
    bands = _front_end(rate).frames(samples).astype(np.float64) * (10 / np.log(10))
    if not len(bands):
        return np.empty(0)
    above_noise = np.sort(_smooth(bands - np.quantile(bands, NOISE_SHARE, axis=0)), axis=1)
    return above_noise[:, -BANDS:].mean(axis=1)


def _smooth(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of five rows: it removes clicks and keeps the time of an onset."""
    padded = np.pad(rows, ((2, 2), (0, 0)), mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 5, axis=0), axis=2)


@cache
def _front_end(rate: int) -> FrontEnd:
    frame = round(FRAME_S * rate)
    high = min(7600.0, rate / 2)
    return FrontEnd(rate, frame, round(HOP_S * rate), 1 << (frame - 1).bit_length(), 24, 80.0, high)


def _runs(above: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first frame of each run of true values, and the frame after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _joined(runs: list[tuple[int, int]], pause: int, click: int) -> list[tuple[int, int]]:
    """Join runs with only a pause between them, and drop clicks unless there is nothing else."""
    words = [runs[0]]
    for first, last in runs[1:]:
        if first - words[-1][1] <= pause:
            words[-1] = (words[-1][0], last)
        else:
            words.append((first, last))
    return [word for word in words if word[1] - word[0] > click] or words
