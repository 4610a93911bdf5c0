"""A measurement: some seconds of a source, and all that the checks need to know about them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.samples import ACCEL, GYRO, Chunk, Health
from edge.source import Source

GRACE = 1.0  # s that a measurement may last longer than the time of its samples
SETTLING = 0.5  # s in which buffered samples arrive at once: they do not show the board's clock
MIN_ARRIVALS = 10  # chunks, to measure the clock


@dataclass(frozen=True)
class Measurement:
    t: NDArray[np.float64]
    values: NDArray[np.float32]
    channels: tuple[str, ...]
    nominal_rate: float
    """Samples a second, as the source states it."""
    health_before: Health
    """Counters at the start: losses while the source was opened are no sign of a bad line."""
    health: Health
    """Counters at the end."""
    device: Mapping[str, Any]
    """What the source knows about the device, see `Source.describe`."""
    requirements: Mapping[str, Any]
    """The settings that the device was asked for."""
    clock_ratio: float | None
    """Seconds of the source's clock in one second of this computer's; None if not measurable."""
    error: SourceError | None
    """The error that ended the measurement early."""
    silent_seconds: float
    """Time at the end in which no sample came."""

    @property
    def accel(self) -> NDArray[np.float32]:
        return self._columns(ACCEL)

    @property
    def gyro(self) -> NDArray[np.float32]:
        """(n, 3) turn rates; (n, 0) for a sensor without a gyroscope."""
        return self._columns(GYRO)

    @property
    def from_device(self) -> bool:
        """Whether a device sent the samples: they are not replayed or simulated."""
        return "device" in self.device

    def increase(self, counter: str) -> int:
        """Return by how much a counter of `health` rose during the measurement."""
        return int(getattr(self.health, counter) - getattr(self.health_before, counter))

    def _columns(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        return self.values[:, [name in names for name in self.channels]]


def measure(
    source: Source,
    seconds: float,
    requirements: Mapping[str, Any],
    progress: Callable[[float], None] = lambda seconds: None,
    stopping: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Measurement:
    """Read an open source for some seconds; `progress` is called with the seconds read so far."""
    health_before, error = copy(source.health), None
    chunks: list[Chunk] = []
    arrivals: list[tuple[float, float]] = []
    start = clock()
    try:
        for chunk in source:
            now = clock() - start
            done = 0.0
            if len(chunk):
                chunks.append(chunk)
                arrivals.append((now, chunk.t[-1]))
                done = chunk.t[-1] - chunks[0].t[0]
            progress(done)
            if stopping() or done >= seconds or now >= seconds + GRACE:
                break
    except SourceError as source_error:
        error = source_error
    silent_seconds = clock() - start - (arrivals[-1][0] if arrivals else 0.0)
    no_values = np.empty((0, len(source.channels)), np.float32)
    return Measurement(
        t=np.concatenate([np.empty(0), *(chunk.t for chunk in chunks)]),
        values=np.concatenate([no_values, *(chunk.values for chunk in chunks)]),
        channels=source.channels,
        nominal_rate=source.rate,
        health_before=health_before,
        health=copy(source.health),
        device=source.describe(),
        requirements=requirements,
        clock_ratio=_clock_ratio(arrivals),
        error=error,
        silent_seconds=silent_seconds,
    )


def _clock_ratio(arrivals: list[tuple[float, float]]) -> float | None:
    """Return the slope of the source's time over this computer's: late chunks change it little."""
    times = np.array([(now, t) for now, t in arrivals if now > SETTLING]).reshape(-1, 2)
    if len(times) < MIN_ARRIVALS or np.ptp(times[:, 0]) < 1:
        return None
    return float(np.polyfit(times[:, 0], times[:, 1], 1)[0])
