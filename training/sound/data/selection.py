"""What a network may learn from: clips of those who do not judge, noise, and the share of each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from training.sound.data.clips import FINE, JUDGES, RATE, ROWS, SECOND, Clips, spectrum, together
from training.sound.data.folder_layouts import SILENCE
from training.sound.data.recordings import load_samples
from training.sound.learn.augmentation import moving_noise, steady_noise

log = logging.getLogger(__name__)

SOUND_WEIGHT = 3.0  # of a recording, for each picture: pictures are many, and but nearly the same
EVENNESS = 0.5  # 1 shows every word equally often, 0 every clip
NOISE_SHARE = 0.04  # of what is shown
MADE_NOISES = 1000  # of each kind
MANY = 100  # speakers
NOISE_STEP = SECOND // 2


def learnable(clips: Clips) -> Clips:
    """Without the clips that judge, and without anything else that their speakers said."""
    judges = np.isin(clips.split, JUDGES)
    their = set(clips.speaker[judges]) - {""}
    also = ~judges & np.isin(clips.speaker, sorted(their))
    if also.any():
        log.warning("%d clips left out: their speakers judge as well", also.sum())
    return clips[~judges & ~also]


def large(clips: Clips) -> list[str]:
    """Corpora of so many voices that a network learns words from them, and not those voices."""
    return [
        str(corpus)
        for corpus in np.unique(clips.corpus)
        if len(set(clips.speaker[clips.corpus == corpus]) - {""}) >= MANY
    ]


def recorded_noise(files: Sequence[Path]) -> NDArray[np.float16]:
    """(n, ROWS, bands): every second of the files, and the seconds half between them."""
    rows = []
    for file in files:
        samples = load_samples(file, RATE)
        if len(samples) < SECOND:
            raise RecordingError(f"{file} is no noise to learn from: it must last a second")
        for start in range(0, max(1, len(samples) - SECOND), NOISE_STEP):
            rows.append(spectrum(samples[start : start + SECOND]))
    return np.array(rows, np.float16).reshape(len(rows), ROWS, FINE.bins)


def noises(clips: Clips, recorded: NDArray[np.float16], seed: int) -> NDArray[np.float16]:
    """What may be heard behind words: clips without any, recorded noise, and made noise."""
    made = [make(MADE_NOISES, seed).astype(np.float16) for make in (steady_noise, moving_noise)]
    return np.concatenate(
        [clips.rows[clips.word == SILENCE], *([recorded] * bool(len(recorded))), *made]
    )


def with_silence(clips: Clips, noise: NDArray[np.float16]) -> Clips:
    """The words, and the noises as clips of silence."""
    words = clips[clips.word != SILENCE]
    count = len(noise)
    empty = np.full(count, "")
    silent = Clips(
        *(noise, np.full(count, SILENCE), empty, np.full(count, SILENCE), empty, empty),
        np.zeros(count, bool),
    )
    return together([words, silent])


def weights(clips: Clips) -> NDArray[np.float64]:
    """How often each clip is shown, summing to one: rare words more often than their number."""
    weight = np.zeros(len(clips))
    for corpus in np.unique(clips.corpus):
        mine = clips.corpus == corpus
        _, number, count = np.unique(clips.word[mine], return_inverse=True, return_counts=True)
        each = (1.0 / count**EVENNESS)[number]
        worth = np.where(clips.pictured[mine], 1.0, SOUND_WEIGHT).sum()
        weight[mine] = each / each.sum() * worth
    silent = clips.word == SILENCE
    weight[silent] *= NOISE_SHARE / (1 - NOISE_SHARE) * weight[~silent].sum() / weight[silent].sum()
    return weight / weight.sum()
