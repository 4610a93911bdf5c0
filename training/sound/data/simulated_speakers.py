"""Words of simulated speakers as one more corpus, so that models recognise `--mock` as well."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.window_length import pad_or_crop
from edge.simulation.sound import voice_data
from edge.simulation.sound.room import Noise, Room
from edge.simulation.sound.speaker import SPEECH_LEVEL, WORDS, Speaker, say
from training.common.cache import cache_key, cached_arrays
from training.sound.data import load
from training.sound.data.clips import Clips, concatenate
from training.sound.data.log_mel import CLIP_SAMPLES, log_mel

log = logging.getLogger(__name__)

CORPUS = "simulated people"
SOURCES = ("edge/simulation/**/*.py", "training/sound/data/simulated_speakers.py", *load.SOURCES)
SNR_DB = (25.0, 60.0)  # of a word and the noise of its room; augmentation adds more noise


def simulated_clips(
    count: int, seed: int = 0, words: Sequence[str] = WORDS, cache: Path | None = None
) -> Clips:
    """Return each word once by each of `count` speakers.

    `cache` is the folder where the clips are stored: they take a minute to compute.
    """
    if cache is None:
        return _simulate(count, seed, words)
    voices = voice_data.FILE.read_bytes()
    key = cache_key(count, seed, tuple(words), voices, code=SOURCES)
    path = cache / f"simulated-words-{key}.npz"
    return Clips(**cached_arrays(path, lambda: vars(_simulate(count, seed, words))))


def _simulate(count: int, seed: int, words: Sequence[str]) -> Clips:
    speakers = [_clips_of(training_seed(seed, k), words) for k in range(count)]
    clips = concatenate(speakers)
    log.info("%d simulated people say %d words", count, len(clips))
    return clips


def training_seed(seed: int, number: int) -> int:
    """Return the seed of a speaker. It is even: the speakers of `--mock` have odd seeds."""
    return 2 * (seed * 1_000_003 + number)


def _clips_of(seed: int, words: Sequence[str]) -> Clips:
    count = len(words)
    return Clips(
        rows=np.array([log_mel(clip) for clip in say_words(seed, words)], np.float16),
        word=np.array(words),
        speaker=np.full(count, f"simulated{seed}"),
        corpus=np.full(count, CORPUS),
        # Never in the validation set: its figures are about people.
        split=np.full(count, "train"),
        path=np.full(count, ""),
        image_only=np.zeros(count, bool),
    )


def say_words(seed: int, words: Sequence[str]) -> list[NDArray[np.float32]]:
    """Return one second of sound for each word, by the speaker of this seed, in one room."""
    speaker = Speaker(seed)
    rng = speaker.rng
    room, noise_level = Room(rng), SPEECH_LEVEL * 10 ** (-rng.uniform(*SNR_DB) / 20)
    noise = Noise(rng, noise_level)
    clips = []
    for word in words:
        dry = pad_or_crop(say(word, speaker, rng), CLIP_SAMPLES)
        clips.append((room.reverberate(dry) + noise.take(CLIP_SAMPLES)).astype(np.float32))
    return clips
