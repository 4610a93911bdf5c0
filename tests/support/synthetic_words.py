"""Synthetic words in clips, for tests that need audio with words whose start and end are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.formats.sound import write_wav
from training.sound.data.clip_files import LabelledClip

RATE = 16000


def synthetic_word(
    start: float, end: float, snr_db: float, seed: int = 0, seconds: float = 1.0, hz: float = 180
) -> np.ndarray:
    """Return a clip with a voiced sound from start to end, a hiss at its end, and noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 16))
    hiss = 0.7 * rng.standard_normal(len(t))
    sound = np.where(t < end - 0.12, voice, hiss)
    envelope = np.clip(np.minimum(t - start, end - t) / 0.02, 0, 1)
    sound = 0.1 * sound * envelope
    noise_level = np.sqrt(np.mean(sound[envelope > 0] ** 2)) * 10 ** (-snr_db / 20)
    return (sound + noise_level * rng.standard_normal(len(t))).astype(np.float32)


def write_clip(path: Path, samples: np.ndarray) -> Path:
    """Write a WAV file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, samples, RATE)
    return path


def write_word_clips(folder: Path) -> list[LabelledClip]:
    """Write four clips each of four words, by four speakers; return them with their words."""
    clips = []
    for number, word in enumerate(["one", "two", "bird", "house"]):
        for speaker in range(4):
            start, hz, seed = 0.1 + 0.1 * speaker, 120 + 60 * number, 10 * number + speaker
            samples = synthetic_word(start, start + 0.45, 30, seed, hz=hz)
            path = write_clip(folder / word / f"s{speaker}_nohash_0.wav", samples)
            clips.append(LabelledClip(path, word, f"s{speaker}"))
    return clips
