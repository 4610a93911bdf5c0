"""Decides whether a captured take can be used: one complete word, neither clipped nor noisy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.takes.sound.capture import RATE, Take
from edge.takes.sound.endpoints import Segment, find_segments

MARGIN = 0.2  # s before and after the word that are kept, ...
MIN_CLIP = 1.0  # s ... or more, so that the clip has this length: the window that training uses
MIN_WORD, MAX_WORD = 0.08, 1.4  # s
MIN_PEAK_DB = -40.0  # relative to full scale: a softer word uses too few of the 16 bits
MIN_SNR_DB = 16.0  # with less, the soft sounds of a word are lost in the noise
# Another segment is a second word if it is longer than this, and has this share of the energy.
MIN_SECOND_WORD = 0.1  # s
MIN_SECOND_ENERGY = 0.03
MIN_DISTANCE = 0.03  # s between the word and the ends of the take


@dataclass(frozen=True)
class WordTake:
    """A valid take."""

    samples: NDArray[np.float32]
    """The word with a margin before and after it."""
    seconds: float
    """Length of the word alone."""
    snr_db: float
    """Peak level of the word above the noise."""

    @property
    def peak_db(self) -> float:
        """Peak relative to full scale."""
        return _peak_db(self.samples)


def validate_take(take: Take, clipped_samples: int) -> WordTake:
    """Return the word in the take, or raise RecordingError with the reason to reject it.

    `clipped_samples`: how many samples of the take the source has counted as clipped.
    """
    samples = take.samples
    if not samples.any():
        raise RecordingError("there is no sound at all: is the microphone muted?")
    if take.fault:
        raise RecordingError(take.fault)
    if take.lost:
        raise RecordingError(f"{take.lost} samples are missing: is the computer busy?")
    if clipped_samples:
        raise RecordingError(f"clipped in {clipped_samples} samples: speak softer, or move away")
    if _peak_db(samples) < MIN_PEAK_DB:
        raise RecordingError(
            f"too soft, its peak is {_peak_db(samples):.0f} dB: speak louder, or come nearer"
        )
    segments = find_segments(samples, RATE)
    word = max(segments, key=lambda segment: segment.energy, default=None)
    if word is None or word.snr_db < MIN_SNR_DB:
        level = f"the word is only {word.snr_db:.0f} dB" if word else "nothing is"
        raise RecordingError(
            f"too noisy, {level} above the noise: come nearer, or find a quieter place"
        )
    _check_word(word, segments, len(samples) / RATE)
    margin = max(MARGIN, (MIN_CLIP - (word.end - word.start)) / 2)
    first = max(0, round((word.start - margin) * RATE))
    last = round((word.end + margin) * RATE)
    return WordTake(samples[first:last], word.end - word.start, word.snr_db)


def _check_word(word: Segment, segments: list[Segment], seconds: float) -> None:
    length = word.end - word.start
    if any(_is_second_word(other, word) for other in segments if other is not word):
        raise RecordingError("more than one word was spoken: say it once, then be quiet")
    if length > MAX_WORD:
        raise RecordingError(f"{length:.1f} s is too long for a word: say it once, then be quiet")
    if length < MIN_WORD:
        raise RecordingError("only a click was recorded: say the word")
    if word.start < MIN_DISTANCE or word.end > seconds - MIN_DISTANCE:
        raise RecordingError("its beginning or end is missing: speak after the prompt")


def _is_second_word(other: Segment, word: Segment) -> bool:
    long_enough = other.end - other.start > MIN_SECOND_WORD
    return long_enough and other.energy > MIN_SECOND_ENERGY * word.energy


def _peak_db(samples: NDArray[np.float32]) -> float:
    return 20 * float(np.log10(max(float(np.abs(samples).max()), 1e-6)))
