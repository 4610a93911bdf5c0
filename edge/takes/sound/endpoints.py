"""Where in a clip words are, by their energy above whatever noise the clip has of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.front_end import FrontEnd

HOP_S, SPAN_S = 0.01, 0.025
QUIET = 0.15  # the share of a clip that is surely no speech: no word fills a second
BANDS = 8  # of the 24, whose mean counts
RISE_DB = 6.0  # above the clip's noise, at least, ...
RISE = 0.3  # ... or this share of the way from the noise to the loudest, whatever is more
DEPTH_DB = 30.0  # but no more than this below the loudest: what follows is a room that rings
PAUSE_S = 0.18  # inside a word, at most: the closure before the last sound of "right" or "stop"
CLICK_S = 0.04  # what is shorter and stands alone is no part of a word


@dataclass(frozen=True)
class Stretch:
    """What stands out from the noise, without a pause that is longer than one within a word."""

    start: float
    """Seconds from the beginning of the clip."""
    end: float
    above: float
    """dB of its loudest above the noise."""
    energy: float


def word_span(samples: NDArray[np.float32], rate: int) -> tuple[float, float]:
    """Start and end of the word in seconds; the whole clip if nothing stands out."""
    found = stretches(samples, rate)
    if not found:
        return 0.0, len(samples) / rate
    # Of several, the one with the most energy: a breath or a knock may be longer.
    word = max(found, key=lambda stretch: stretch.energy)
    return word.start, word.end


def stretches(samples: NDArray[np.float32], rate: int) -> list[Stretch]:
    """All that stands out, the word among it."""
    level = _levels(samples, rate)
    if not len(level):
        return []
    noise, loudest = float(np.quantile(level, QUIET)), float(level.max())
    edge = max(noise + max(RISE_DB, RISE * (loudest - noise)), loudest - DEPTH_DB)
    runs = _runs(level > edge)
    if not runs:
        return []
    return [
        _stretch(level[first:last], noise, first, len(samples) / rate)
        for first, last in _joined(runs, round(PAUSE_S / HOP_S), round(CLICK_S / HOP_S))
    ]


def _stretch(level: NDArray[np.float64], noise: float, first: int, seconds: float) -> Stretch:
    # A frame tells of the sound at its middle.
    start = first * HOP_S + SPAN_S / 2 - HOP_S / 2
    end = start + len(level) * HOP_S
    energy = float((10 ** (level / 10)).sum())
    return Stretch(max(0.0, start), min(seconds, end), float(level.max()) - noise, energy)


def _levels(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """dB of each frame above the noise, in those bands that stand out most from theirs."""
    bands = _front_end(rate)
    rows = bands.frames(samples).astype(np.float64) * (10 / np.log(10))
    if not len(rows):
        return np.empty(0)
    # Band by band: a vowel under noise, or an s, is in few of them.
    excess = np.sort(_smooth(rows - np.quantile(rows, QUIET, axis=0)), axis=1)
    return excess[:, -BANDS:].mean(axis=1)


def _smooth(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of five: a click is gone, an edge stays where it is."""
    padded = np.pad(rows, ((2, 2), (0, 0)), mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 5, axis=0), axis=2)


@cache
def _front_end(rate: int) -> FrontEnd:
    span = round(SPAN_S * rate)
    high = min(7600.0, rate / 2)
    return FrontEnd(rate, span, round(HOP_S * rate), 1 << (span - 1).bit_length(), 24, 80.0, high)


def _runs(above: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _joined(runs: list[tuple[int, int]], pause: int, click: int) -> list[tuple[int, int]]:
    """Runs with only a pause between them are one word; clicks that stand alone are dropped."""
    words = [runs[0]]
    for first, last in runs[1:]:
        if first - words[-1][1] <= pause:
            words[-1] = (words[-1][0], last)
        else:
            words.append((first, last))
    return [word for word in words if word[1] - word[0] > click] or words
