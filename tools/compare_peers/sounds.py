"""What all peers hear: speech without a pause, and a quiet room; always the same."""

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
from edge.simulation.sound.room import Noise
from edge.simulation.sound.speaker import COMMANDS, OTHERS, SPEECH_LEVEL, Speaker, say

RATE = 16000
SEED = 5
PERSON = 900  # the first of those who speak
TURN = 10  # words, before the next person speaks
PAUSE = 0.06  # s between words: nobody's breath, but no room for silence
QUIET = 45.0  # dB of the room below the words
SILENT, UNKNOWN = "_silence_", "_unknown_"


def speech(seconds: float, files: Sequence[str | Path] = ()) -> bytes:
    """Simulated people, or what is in the files, one after another: 16 bits, 16 kHz."""
    count = round(seconds * RATE)
    if files:
        return _as_bytes(np.resize(_recorded(files), count))
    return _as_bytes(_simulated(seconds)[:count] + _room(count))


def silence(seconds: float) -> bytes:
    """A quiet room."""
    return _as_bytes(_room(round(seconds * RATE)))


@dataclass(frozen=True)
class Clips:
    """A second each, and what is said in it."""

    pcm: bytes
    labels: tuple[str, ...]


def clips(folder: Path, split: str) -> Clips:
    """Those of `index.csv` (split, path, label) in the folder."""
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
    seconds = [pad_or_crop(_at_rate(folder / row["path"]), RATE) for row in rows]
    names = {SILENT: "silence", UNKNOWN: "unknown"}
    labels = tuple(names.get(row["label"], row["label"]) for row in rows)
    return Clips(b"".join(map(_as_bytes, seconds)), labels)


def _simulated(seconds: float) -> NDArray[Any]:
    rng = np.random.default_rng(SEED)
    pause = np.zeros(round(PAUSE * RATE))
    parts: list[NDArray[Any]] = []
    number = 0
    while sum(map(len, parts)) < seconds * RATE:
        if number % TURN == 0:
            speaker = Speaker(PERSON + number // TURN)
        parts += [say(str(rng.choice(COMMANDS + OTHERS)), speaker, speaker.rng), pause]
        number += 1
    return np.concatenate(parts)


def _recorded(files: Sequence[str | Path]) -> NDArray[Any]:
    return np.concatenate([_at_rate(path) for path in sound.find(files)])


def _at_rate(path: Path) -> NDArray[np.float32]:
    try:
        return sound.read(path).at(RATE).samples
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from None


def _room(count: int) -> NDArray[np.float64]:
    return Noise(np.random.default_rng(SEED), SPEECH_LEVEL * 10 ** (-QUIET / 20)).take(count)


def _as_bytes(samples: NDArray[Any]) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
