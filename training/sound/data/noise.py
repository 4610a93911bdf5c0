"""Noise for training: recorded, synthetic, and the corpora's own clips of silence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from training.sound.data.clips import Clips, concatenate
from training.sound.data.log_mel import BANDS, CLIP_SAMPLES, RATE, ROWS, log_mel
from training.sound.data.recordings import load_samples
from training.sound.data.synthetic_noise import nonstationary_noise, stationary_noise
from training.sound.data.words import SILENCE

STEP = CLIP_SAMPLES // 2  # between the beginnings of two noise clips of a recording


def recorded_noise(files: Sequence[Path]) -> NDArray[np.float16]:
    """Return (n, ROWS, BANDS): the files in clips of one second that overlap by half."""
    rows = []
    for file in files:
        samples = load_samples(file, RATE)
        if len(samples) < CLIP_SAMPLES:
            raise RecordingError(f"{file} is too short for noise: it must last a second")
        for start in range(0, max(1, len(samples) - CLIP_SAMPLES), STEP):
            rows.append(log_mel(samples[start : start + CLIP_SAMPLES]))
    return np.array(rows, np.float16).reshape(len(rows), ROWS, BANDS)


def background_noise(
    clips: Clips, recorded: NDArray[np.float16], synthetic: int, seed: int
) -> NDArray[np.float16]:
    """Return the noise that is mixed with words: silence clips, recorded and synthetic noise.

    There are `synthetic` clips of each of the two kinds of synthetic noise.
    """
    made = [kind(synthetic, seed) for kind in (stationary_noise, nonstationary_noise)]
    return np.concatenate(
        [
            np.asarray(clips.rows[clips.word == SILENCE]),
            *([recorded] * bool(len(recorded))),
            *(noise.astype(np.float16) for noise in made),
        ]
    )


def add_noise_clips(clips: Clips, noise: NDArray[np.float16]) -> Clips:
    """Return the words of the clips, and the noise as clips of silence."""
    words = clips[clips.word != SILENCE]
    count = len(noise)
    empty = np.full(count, "")
    silence = Clips(
        rows=noise,
        word=np.full(count, SILENCE),
        speaker=empty,
        corpus=np.full(count, SILENCE),
        split=empty,
        path=empty,
        image_only=np.zeros(count, bool),
    )
    return concatenate([words, silence])
