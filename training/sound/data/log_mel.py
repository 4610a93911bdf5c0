"""The log-mel spectrum of a clip of one second, which augmentation works on.

It has twice the frame rate of the shipped front end, so that augmentation can move a word by half a
frame of that front end.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.front_end import FrontEnd
from edge.features.sound.window_length import pad_or_crop
from edge.formats.sound import read
from training.sound.data.stored_rows import AnyRows, blocks

RATE = 16000  # Hz
MAX_CLIP_S = 60.0  # of a recording of one word: the loudest second of more would be by chance
CLIP_SAMPLES = RATE  # a clip lasts a second
FRONT_END = FrontEnd(hop=160)
ROWS = 98  # of a clip, one every 10 ms
BANDS = FRONT_END.bins
WORD_NATS = 1.6  # a row belongs to the word if it is louder than the quiet rows by this or more
SAME_ENERGY = 0.995  # seconds of a recording count as equally loud from this share of the loudest


def read_clip(path: Path) -> NDArray[np.float32]:
    """Return the loudest second of a recording, or a shorter recording padded with zeros."""
    return loudest_second(read(path, RATE, MAX_CLIP_S).samples)


def loudest_second(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the second with the most energy; a shorter sound is padded with zeros."""
    if len(samples) <= CLIP_SAMPLES:
        return pad_or_crop(samples, CLIP_SAMPLES)
    cumulative = np.cumsum(np.concatenate([[0.0], samples.astype(np.float64) ** 2]))
    energy = cumulative[CLIP_SAMPLES:] - cumulative[:-CLIP_SAMPLES]
    # The middle one of the seconds that are equally loud, so that the word is not at an edge.
    starts = np.flatnonzero(energy >= SAME_ENERGY * energy.max())
    start = int(starts[len(starts) // 2])
    return samples[start : start + CLIP_SAMPLES]


def log_mel(clip: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (ROWS, BANDS) spectrum of a clip of one second."""
    return FRONT_END.frames(clip)[:ROWS]


def word_rows(rows: AnyRows) -> NDArray[np.int64]:
    """Return the first and the last row of the word in each clip, (n, 2), found by loudness."""
    none = np.empty((0, 2), np.int64)
    return np.concatenate([none, *map(_word_rows, blocks(rows))])


def _word_rows(rows: NDArray[np.float16]) -> NDArray[np.int64]:
    level = np.sort(rows.astype(np.float32), axis=2)[:, :, -20:].mean(axis=2)
    quiet = np.quantile(level, 0.1, axis=1, keepdims=True)
    loud = level.max(axis=1, keepdims=True)
    above = level > quiet + np.maximum(WORD_NATS, 0.3 * (loud - quiet))
    above[~above.any(axis=1)] = True
    first = above.argmax(axis=1)
    last = rows.shape[1] - 1 - above[:, ::-1].argmax(axis=1)
    return np.stack([first, last], axis=1)
