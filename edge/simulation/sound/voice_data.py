"""Words as a few voices say them: what a vocoder needs of them, 80 times a second.

`voices.npz` is made by tools/make_voices.py from the voices of Flite: copyright (c) 1999-2018
Carnegie Mellon University, all rights reserved, free to use, modify and distribute with this
notice. They are spectra and pitches here, no longer recordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("voices.npz")
STEP = 0.0125  # s from one frame to the next
SHAPES = 28  # coefficients of the spectrum: a cosine series of ln power over mel(0 .. 8 kHz)
BANDS = (500.0, 1500.0, 3000.0, 6000.0)  # Hz: where it is told how much of the sound is voiced
PITCH, VOICED, COLUMNS = SHAPES, SHAPES + 1, SHAPES + 1 + len(BANDS)

# Nobody hears anything finer: ln power, ln pitch, shares.
GRAIN = np.r_[np.full(SHAPES, 0.12), 0.01, np.full(len(BANDS), 0.1)]

Floats = NDArray[Any]


@dataclass(frozen=True)
class Voice:
    name: str
    tract: float
    """How high its formants lie, over a man's."""
    pitch: float
    """Hz, its median."""
    words: dict[str, Floats]
    """(n, COLUMNS) frames of each word it says: SHAPES, ln pitch over the median, and how much of
    the sound is voiced in BANDS."""


def mel(hz: Floats) -> Floats:
    """0 to 8 kHz as 0 to 1, the way the ear does."""
    return np.log1p(hz / 700) / np.log1p(8000 / 700)


def shapes(hz: Floats) -> Floats:
    """(SHAPES, n): what each coefficient adds to ln power at these frequencies."""
    return np.cos(np.pi * np.arange(SHAPES)[:, None] * mel(hz))


@cache
def voices() -> tuple[Voice, ...]:
    """All that are shipped; read once."""
    with np.load(FILE) as file:
        frames = file["low"] + file["step"] * file["frames"].T
        each = np.split(frames, np.cumsum(file["lengths"])[:-1])
        said = list(zip(file["voice"].tolist(), file["word"].tolist(), each, strict=True))
        of_each = zip(*(file[key].tolist() for key in ("names", "tract", "pitch")), strict=True)
        return tuple(
            Voice(name, tract, pitch, {word: frames for i, word, frames in said if i == number})
            for number, (name, tract, pitch) in enumerate(of_each)
        )


def save(voices: tuple[Voice, ...], file: Path = FILE) -> None:
    """In 8 bits, column by column: neighbours are alike, and pack well."""
    said = [(i, word) for i, voice in enumerate(voices) for word in voice.words]
    each = [frames for voice in voices for frames in voice.words.values()]
    frames = np.concatenate(each)
    low = frames.min(axis=0)
    step = np.maximum(np.ptp(frames, axis=0) / 255, GRAIN)
    np.savez_compressed(
        file,
        names=[voice.name for voice in voices],
        tract=[voice.tract for voice in voices],
        pitch=[voice.pitch for voice in voices],
        voice=[i for i, _ in said],
        word=[word for _, word in said],
        lengths=[len(frames) for frames in each],
        low=low,
        step=step,
        frames=np.rint((frames - low) / step).astype(np.uint8).T,
    )
