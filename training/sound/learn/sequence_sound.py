"""Operations on the energies of log-mel bands over time, for the composition of sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.sound.data.log_mel import BANDS, FRONT_END

# Standard deviation of the cross term of two sounds by band, every third band. Microphones add
# pressure, not energy: the energy of a sum is the sum of both energies plus a random cross term,
# 2 sqrt(a b) c. Measured with words in recorded noise.
_MEASURED = (0.57, 0.57, 0.52, 0.50, 0.47, 0.47, 0.45, 0.42, 0.39, 0.37, 0.35, 0.34, 0.31, 0.29)
CROSS_TERM_STD = np.interp(np.arange(BANDS), np.arange(0, BANDS, 3), _MEASURED)
MAX_CROSS_TERM = 0.98  # energies stay positive
DECAY_60_DB = 13.8  # nats of energy

Energies = NDArray[np.float32]


@dataclass(frozen=True)
class Voice:
    """A change of a recorded voice."""

    speed: float
    band: NDArray[np.int64]
    """For each band, the lower one of two bands whose energy it gets ..."""
    share: Energies
    """... and the share of the upper one."""


def voice(speed: float, stretch: float) -> Voice:
    """Return the voice with this speed whose formants are moved by the factor `stretch`."""
    top = 1127 * np.log(1 + FRONT_END.high_hz / 700)  # mel
    hz = 700 * (np.exp((np.arange(BANDS) + 1) / (BANDS + 1) * top / 1127) - 1)
    moved = 1127 * np.log(1 + hz * stretch / 700) / top * (BANDS + 1) - 1
    moved = np.clip(moved, 0, BANDS - 1)
    band = np.minimum(np.floor(moved).astype(np.int64), BANDS - 2)
    return Voice(speed, band, (moved - band).astype(np.float32))


def add_rows(
    sequence: Energies,
    rows: Energies,
    span: tuple[int, int],
    start: tuple[float, float],
    said_by: Voice,
    gain: float,
) -> None:
    """Add the rows from the first to the last of `span` to a sequence, two rows for each frame.

    `start` is a frame of the sequence and the row that it shows; rows between two rows are
    interpolated.
    """
    at, first = start
    begin = max(0, int(np.ceil(at + (span[0] - first) / (2 * said_by.speed))))
    end = min(len(sequence) - 1, int(np.floor(at + (span[1] - first) / (2 * said_by.speed))))
    if end < begin:
        return
    position = first + (np.arange(begin, end + 1) - at) * 2 * said_by.speed
    row = np.clip(np.floor(position).astype(np.int64), 0, len(rows) - 1)
    after = (position - row).astype(np.float32)[:, None]
    energy = (1 - after) * rows[row] + after * rows[np.minimum(row + 1, len(rows) - 1)]
    share = said_by.share
    energy = (1 - share) * energy[:, said_by.band] + share * energy[:, said_by.band + 1]
    sequence[begin : end + 1] += np.float32(gain) * np.maximum(energy, 0)


def reverberate(sequence: Energies, decay_frames: float, share: float) -> None:
    """Replace a share of the energy by an exponentially decaying tail, in place."""
    kept = np.exp(-DECAY_60_DB / decay_frames).astype(np.float32)
    tail = np.zeros(sequence.shape[1], np.float32)
    for frame in sequence:
        direct = frame.copy()
        frame *= 1 - share
        frame += share * tail
        tail = kept * tail + (1 - kept) * direct


def random_cross_terms(rng: np.random.Generator, rows: int) -> Energies:
    cross = rng.standard_normal((rows, BANDS)) * CROSS_TERM_STD
    return np.clip(cross, -MAX_CROSS_TERM, MAX_CROSS_TERM).astype(np.float32)


def random_hiss(rng: np.random.Generator, rows: int) -> Energies:
    """Return the energies of white noise with a level (RMS) of 1."""
    samples = rng.standard_normal(rows * FRONT_END.hop + FRONT_END.window).astype(np.float32)
    return np.exp(FRONT_END.frames(samples)[:rows])
