"""The sounds for all peers: speech without pauses, background noise, and clips of single words."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.features.sound.window_length import pad_or_crop
from edge.formats import sound
from edge.formats.sound.wav_writer import pcm_bytes
from edge.simulation.sound.room import Noise
from edge.simulation.sound.speaker import COMMANDS, OTHERS, SPEECH_LEVEL, Speaker, say
from training.sound.data.recordings import load_samples

RATE = 16000
SEED = 5
FIRST_SPEAKER = 900
WORDS_PER_SPEAKER = 10  # then the next person speaks
PAUSE_S = 0.06  # between words: too short to count as silence
NOISE_DB = 45.0  # how far the background noise is below the words
CLIP_LABELS = {"_silence_": "silence", "_unknown_": "unknown"}


def speech(seconds: float, files: Sequence[str | Path] = ()) -> bytes:
    """Words of simulated people, or the sound of the files, repeated: 16 bits, 16 kHz, mono."""
    count = round(seconds * RATE)
    if files:
        return pcm_bytes(np.resize(_from_files(files), count))
    return pcm_bytes(_simulate(seconds)[:count] + _background_noise(count))


def silence(seconds: float) -> bytes:
    """The background noise of a quiet room."""
    return pcm_bytes(_background_noise(round(seconds * RATE)))


@dataclass(frozen=True)
class Clips:
    pcm: bytes
    """One second for each clip, one after another."""
    labels: tuple[str, ...]


def clips(folder: Path, split: str) -> Clips:
    """The clips of a split, as `index.csv` (split, path, label) in the folder lists them."""
    try:
        with (folder / "index.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == split]
    except (OSError, KeyError) as error:
        raise RecordingError(
            f"{folder} has no index.csv with split, path and label ({error}): name the folder of "
            "Speech Commands"
        ) from None
    if not rows:
        raise RecordingError(f"{folder}/index.csv has no clips of the split {split!r}")
    seconds = [pad_or_crop(load_samples(folder / row["path"], RATE), RATE) for row in rows]
    labels = tuple(CLIP_LABELS.get(row["label"], row["label"]) for row in rows)
    return Clips(b"".join(map(pcm_bytes, seconds)), labels)


def _simulate(seconds: float) -> NDArray[Any]:
    rng = np.random.default_rng(SEED)
    pause = np.zeros(round(PAUSE_S * RATE))
    parts: list[NDArray[Any]] = []
    number = 0
    while sum(map(len, parts)) < seconds * RATE:
        if number % WORDS_PER_SPEAKER == 0:
            speaker = Speaker(FIRST_SPEAKER + number // WORDS_PER_SPEAKER)
        parts += [say(str(rng.choice(COMMANDS + OTHERS)), speaker, speaker.rng), pause]
        number += 1
    return np.concatenate(parts)


def _from_files(files: Sequence[str | Path]) -> NDArray[Any]:
    return np.concatenate([load_samples(path, RATE) for path in sound.find(files)])


def _background_noise(count: int) -> NDArray[np.float64]:
    level = SPEECH_LEVEL * 10 ** (-NOISE_DB / 20)
    return Noise(np.random.default_rng(SEED), level).take(count)
