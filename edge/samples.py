"""Samples on their way through the chain, and the health of their stream."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.errors import SampleError

STANDARD_GRAVITY = 9.80665  # m/s^2 in one g
DEGREE = np.pi / 180  # rad in one degree

ACCEL = ("ax", "ay", "az")  # m/s^2, gravity included: a sensor at rest reads +9.81 upwards
GYRO = ("gx", "gy", "gz")  # rad/s
MOTION = ACCEL + GYRO
AUDIO = ("audio",)  # sound pressure, full scale is 1
ECG = ("ecg",)  # mV between two electrodes
PLETH = ("pleth",)  # photoplethysmogram: light that a finger absorbs, in any unit
GREY = ("grey",)  # of an image: one sample for each pixel, row by row, 0 to 1
COLOUR = ("red", "green", "blue")  # likewise

MAX_NOTICES = 100  # more changes than this between two chunks are a fault that repeats itself


@dataclass(frozen=True)
class Chunk:
    """Consecutive samples. A jump in `t` shows where samples are missing.

    float64 values become float32, and one column may be given as (n,). Integers are refused: their
    unit is unknown here.
    """

    t: NDArray[np.float64]
    """(n,) seconds on the source's own clock, strictly increasing over the whole stream."""
    values: NDArray[np.float32]
    """(n, channels) in SI units, in the order of the source's `channels`."""
    captured: float | None = None
    """Time on the monotonic clock at which the last sample was captured; None if unknown, as in a
    recording."""

    def __post_init__(self) -> None:
        values = self.values
        if values.dtype != np.float32 or values.ndim != 2 or len(values) != len(self.t):
            object.__setattr__(self, "values", _checked(values, len(self.t)))

    @classmethod
    def empty(cls, channels: int) -> Chunk:
        """Return a chunk without samples; a source yields it when no sample arrived in time."""
        return cls(np.empty(0), np.empty((0, channels), np.float32))

    def __len__(self) -> int:
        return len(self.t)


def _checked(values: NDArray[np.floating], count: int) -> NDArray[np.float32]:
    if not np.issubdtype(values.dtype, np.floating):
        raise SampleError(
            f"samples are {values.dtype}, without a unit: give floats (sound with full scale 1, "
            "motion in m/s^2 and rad/s), or use edge.Recognizer, which converts integers of sound"
        )
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2 or len(values) != count:
        raise SampleError(
            f"samples have the shape {values.shape} and there are {count} times: "
            "give one row per sample and one column per channel"
        )
    return np.ascontiguousarray(values, np.float32)


@dataclass(frozen=True)
class Notice:
    """A change of the state of a source, which becomes an event."""

    kind: Literal["lost", "found", "degraded"]
    message: str = ""


@dataclass
class Health:
    """The counters of a source while it streams; shown live and in the summary."""

    samples: int = 0
    """Samples delivered."""
    lost: int = 0
    """Samples that the source knows it missed (sequence gaps, FIFO overflow, reconnects)."""
    clipped: int = 0
    """Samples in which at least one axis was at the end of its range."""
    garbage: int = 0
    """Bytes that were neither samples nor a known message of a board."""
    errors: int = 0
    """Transfers that failed without ending the stream (CRC, NACK, EIO, a reset of the sensor), and
    files that could not be read completely."""
    reconnects: int = 0
    """Times the device went away and came back."""
    away: bool = field(default=False, compare=False)
    """Whether the device is known to be away: no samples are expected until it is back."""
    notices: deque[Notice] = field(
        default_factory=lambda: deque(maxlen=MAX_NOTICES), repr=False, compare=False
    )
    """Changes that no event has reported yet, oldest first."""
    _paused: float = field(default=0.0, repr=False)
    _first_t: float | None = field(default=None, repr=False)
    _last_t: float | None = field(default=None, repr=False)

    def count(self, chunk: Chunk) -> None:
        """Count the samples of a chunk that is about to be delivered."""
        if not len(chunk):
            return
        self.samples += len(chunk)
        if self._first_t is None:
            self._first_t = float(chunk.t[0])
        self._last_t = float(chunk.t[-1])
        self.away = False

    def count_elsewhere(self, samples: int) -> None:
        """Count samples of one of several streams at once, which have no common time."""
        self.samples += samples

    def device_lost(self, message: str) -> None:
        """The device went away; `message` says what happened."""
        self.away = True
        self.notices.append(Notice("lost", message))

    def device_found(self) -> None:
        """The device is back."""
        self.reconnects += 1
        self.away = False
        self.notices.append(Notice("found"))

    def degraded(self, message: str) -> None:
        """The source goes on with a fault; `message` says which, and what to do."""
        self.notices.append(Notice("degraded", message))

    def pause(self, seconds: float) -> None:
        """Exclude source time without samples from the measured rate, such as between two files."""
        self._paused += seconds

    @property
    def has_faults(self) -> bool:
        """Whether the user should look at the counters."""
        return bool(self.lost or self.clipped or self.errors or self.garbage)

    @property
    def last_t(self) -> float | None:
        """Source time of the newest sample; None before the first."""
        return self._last_t

    @property
    def duration(self) -> float:
        """Seconds of the source's own time from the first sample to the last."""
        if self._first_t is None or self._last_t is None:
            return 0.0
        return self._last_t - self._first_t

    @property
    def rate(self) -> float | None:
        """Measured rate in Hz: delivered and lost samples per second, without pauses."""
        due = self.duration - self._paused
        return (self.samples + self.lost - 1) / due if due > 0 else None
