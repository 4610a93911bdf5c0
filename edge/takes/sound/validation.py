"""Is this take worth keeping? One word, whole, neither clipped nor lost in noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.takes.sound.capture import RATE, Take
from edge.takes.sound.endpoints import Stretch, stretches

AROUND = 0.2  # s kept before and after the word, ...
SECOND = 1.0  # ... and as much as makes this long a recording: what training looks at
SHORTEST = 0.08  # s of a word
LONGEST = 1.4  # s of a word
SOFT_DB = -40.0  # below full scale: the peak of a word that uses too few of the 16 bits
NOISY_DB = 16.0  # of a word above the noise: with less, its soft sounds are lost
ANOTHER = 0.03  # of the word's energy makes something else a word, ...
KNOCK = 0.1  # s ... if it is longer than this
CUT = 0.03  # s that a word must stay away from the edges


@dataclass(frozen=True)
class Word:
    samples: NDArray[np.float32]
    """The word with a little around it."""
    seconds: float
    """How long the word itself is."""
    above: float
    """dB above the noise."""

    @property
    def peak(self) -> float:
        """dB below full scale."""
        return _decibels(self.samples)


def judged(take: Take, clipped: int) -> Word:
    """The word that was recorded; a RecordingError says why there is none.

    `clipped` is how many samples stood on the rail meanwhile.
    """
    samples = take.samples
    if not samples.any():
        raise RecordingError("there is no sound at all: is the microphone muted?")
    if take.fault:
        raise RecordingError(take.fault)
    if take.lost:
        raise RecordingError(f"{take.lost} samples are missing: is the computer busy?")
    if clipped:
        raise RecordingError(f"clipped in {clipped} samples: speak softer, or go further away")
    if _decibels(samples) < SOFT_DB:
        raise RecordingError(
            f"too soft, its peak is {_decibels(samples):.0f} dB: speak louder, or come nearer"
        )
    found = stretches(samples, RATE)
    word = max(found, key=lambda stretch: stretch.energy, default=None)
    if word is None or word.above < NOISY_DB:
        above = f"{word.above:.0f} dB" if word else "nothing"
        raise RecordingError(f"too noisy, {above} stands out: come nearer, or find a quieter place")
    _check(word, found, len(samples) / RATE)
    around = max(AROUND, (SECOND - (word.end - word.start)) / 2)
    first = max(0, round((word.start - around) * RATE))
    last = round((word.end + around) * RATE)
    return Word(samples[first:last], word.end - word.start, word.above)


def _check(word: Stretch, found: list[Stretch], seconds: float) -> None:
    length = word.end - word.start
    if any(_is_word(other, word) for other in found if other is not word):
        raise RecordingError("more than one word was heard: say it once, then be quiet")
    if length > LONGEST:
        raise RecordingError(f"{length:.1f} s is too long for a word: say it once, then be quiet")
    if length < SHORTEST:
        raise RecordingError("only a click was heard: say the word")
    if word.start < CUT or word.end > seconds - CUT:
        raise RecordingError("its beginning or end is missing: speak when you are asked to")


def _is_word(other: Stretch, word: Stretch) -> bool:
    return other.energy > ANOTHER * word.energy and other.end - other.start > KNOCK


def _decibels(samples: NDArray[np.float32]) -> float:
    return 20 * float(np.log10(max(float(np.abs(samples).max()), 1e-6)))
