"""Words of a few voices as parameters of the vocoder, 80 frames per second.

`voices.npz` is made by tools/make_voices.py from the voices of Flite: copyright (c) 1999-2018
Carnegie Mellon University, all rights reserved, free to use, modify and distribute with this
notice. The file holds spectral envelopes and pitch contours, not recordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("voices.npz")
FRAME_S = 0.0125  # from one frame to the next
CEPSTRUM = 28  # mel-cepstral coefficients: a cosine series of ln power over mel_position
VOICING_BANDS = (500.0, 1500.0, 3000.0, 6000.0)  # Hz: centres of the bands with a voiced share
# Columns of a frame: the coefficients, ln pitch, then the voiced share of each band.
PITCH, VOICING, COLUMNS = CEPSTRUM, CEPSTRUM + 1, CEPSTRUM + 1 + len(VOICING_BANDS)

# Quantisation steps of the columns; finer differences are inaudible.
FINEST_STEP = np.r_[np.full(CEPSTRUM, 0.12), 0.01, np.full(len(VOICING_BANDS), 0.1)]

Floats = NDArray[Any]


@dataclass(frozen=True)
class Voice:
    name: str
    formant_scale: float
    """Formant frequencies relative to those of a man."""
    pitch: float
    """Median, Hz."""
    words: dict[str, Floats]
    """(n, COLUMNS) frames of each word: CEPSTRUM coefficients, ln pitch relative to the median,
    and the voiced share of the power in each of VOICING_BANDS."""


def mel_position(hz: Floats) -> Floats:
    """Return the position on the mel scale, 0 to 1 for 0 to 8 kHz."""
    return np.log1p(hz / 700) / np.log1p(8000 / 700)


def cepstral_basis(hz: Floats) -> Floats:
    """Return (CEPSTRUM, n): the ln power of each coefficient at these frequencies."""
    return np.cos(np.pi * np.arange(CEPSTRUM)[:, None] * mel_position(hz))


@cache
def voices() -> tuple[Voice, ...]:
    """Return the voices of FILE, which is read once."""
    with np.load(FILE) as file:
        quantised = file["low"] + file["step"] * file["frames"].T
        per_word = np.split(quantised, np.cumsum(file["lengths"])[:-1])
        words = list(zip(file["voice"].tolist(), file["word"].tolist(), per_word, strict=True))
        per_voice = zip(*(file[key].tolist() for key in ("names", "tract", "pitch")), strict=True)
        return tuple(
            Voice(name, scale, pitch, {word: frames for i, word, frames in words if i == number})
            for number, (name, scale, pitch) in enumerate(per_voice)
        )


def save(voices: tuple[Voice, ...], file: Path = FILE) -> None:
    """Write the voices in 8 bits; each column is stored contiguously, which compresses better."""
    words = [(i, word) for i, voice in enumerate(voices) for word in voice.words]
    per_word = [frames for voice in voices for frames in voice.words.values()]
    frames = np.concatenate(per_word)
    low = frames.min(axis=0)
    step = np.maximum(np.ptp(frames, axis=0) / 255, FINEST_STEP)
    np.savez_compressed(
        file,
        names=[voice.name for voice in voices],
        tract=[voice.formant_scale for voice in voices],
        pitch=[voice.pitch for voice in voices],
        voice=[i for i, _ in words],
        word=[word for _, word in words],
        lengths=[len(frames) for frames in per_word],
        low=low,
        step=step,
        frames=np.rint((frames - low) / step).astype(np.uint8).T,
    )
