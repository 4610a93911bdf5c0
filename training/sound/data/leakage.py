"""Speakers and noises that are in the training data and in the test data make figures worthless."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from training.sound.data.clips import Clips
from training.sound.data.log_mel import FRONT_END, RATE, ROWS
from training.sound.data.recordings import load_samples
from training.sound.data.words import SILENCE

log = logging.getLogger(__name__)

NAMED = 3  # speakers that the message names
SAME_NOISE_NATS = 0.6  # RMS difference of mean spectra, within which clips are of the same noise


def shared_speakers(train_speakers: Iterable[str], test_speakers: Iterable[str]) -> set[str]:
    """Return the speakers on both sides; unknown speakers have an empty name and do not count."""
    return (set(train_speakers) & set(test_speakers)) - {""}


def refuse_leakage(train_speakers: Iterable[str], test_speakers: Iterable[str]) -> None:
    """Raise RecordingError if a speaker is on both sides."""
    shared = sorted(shared_speakers(train_speakers, test_speakers))
    if shared:
        named = ", ".join(shared[:NAMED]) + (" ..." if len(shared) > NAMED else "")
        raise RecordingError(
            f"{len(shared)} speakers of the test are in the training as well ({named}): "
            "take them out of one of the two"
        )


def without_silence_from(clips: Clips, noise_files: Sequence[Path]) -> Clips:
    """Return the clips without those of silence that sound like a part of one of these noises.

    The noise recordings of a corpus are often the source of its clips of silence as well. Mean
    spectra are compared, without their level, so images of spectra are found as well.
    """
    is_silence = clips.word == SILENCE
    if not noise_files or not is_silence.any():
        return clips
    shapes = _spectral_shapes(clips.rows[is_silence].astype(np.float32))
    same = np.zeros(len(shapes), bool)
    for file in noise_files:
        rows = FRONT_END.frames(load_samples(file, RATE))
        if len(rows) < ROWS:
            raise RecordingError(f"{file} is too short for noise: it must last a second")
        parts = _spectral_shapes(rows[: len(rows) // ROWS * ROWS].reshape(-1, ROWS, rows.shape[1]))
        for part in parts:
            same |= np.sqrt(((shapes - part) ** 2).mean(axis=1)) < SAME_NOISE_NATS
    log.info("%d of %d clips of silence left out: they are of a test noise", same.sum(), len(same))
    kept = np.ones(len(clips), bool)
    kept[np.flatnonzero(is_silence)[same]] = False
    return clips[kept]


def _spectral_shapes(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean over time of (n, rows, bands) log-mel spectra, without the level."""
    mean = spectra.mean(axis=1)
    return mean - mean.mean(axis=1, keepdims=True)
