"""Some seconds of a source, kept with what is needed to judge them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.samples import ACCEL, GYRO, Health
from edge.source import Source

GRACE = 1.0  # s of wall time that a source may take longer than its samples say
SETTLE = 0.5  # s in which what was waiting comes all at once: no measure of the board's clock
LEAST_ARRIVALS = 10


@dataclass(frozen=True)
class Measurement:
    t: NDArray[np.float64]
    values: NDArray[np.float32]
    channels: tuple[str, ...]
    nominal: float
    """The rate in Hz that the source promises."""
    health: Health
    """At the end."""
    before: Health
    """When it began: what opening the source has cost is no sign of a bad line."""
    device: Mapping[str, Any]
    """What the source knows of the device, see `Source.describe`."""
    requirements: Mapping[str, Any]
    """What the device was asked for."""
    pace: float | None
    """Seconds of the source's clock in one of this computer's; None where that tells nothing."""
    broke: SourceError | None
    """The error that ended it early."""
    silent: float
    """Seconds at its end in which no sample came."""

    @property
    def accel(self) -> NDArray[np.float32]:
        return self._columns(ACCEL)

    @property
    def gyro(self) -> NDArray[np.float32]:
        """Without columns for a sensor that has none."""
        return self._columns(GYRO)

    def grown(self, count: str) -> int:
        """By how much a counter of `health` went up meanwhile."""
        return int(getattr(self.health, count) - getattr(self.before, count))

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
    """Read an opened source for so long; `progress` hears how many seconds are done."""
    before, broke = copy(source.health), None
    chunks, arrivals = [], []
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
    except SourceError as error:
        broke = error
    silent = clock() - start - (arrivals[-1][0] if arrivals else 0.0)
    t = np.concatenate([np.empty(0), *(chunk.t for chunk in chunks)])
    values = [np.empty((0, len(source.channels)), np.float32), *(c.values for c in chunks)]
    return Measurement(
        t,
        np.concatenate(values),
        source.channels,
        source.rate,
        copy(source.health),
        before,
        source.describe(),
        requirements,
        _pace(arrivals),
        broke,
        silent,
    )


def _pace(arrivals: list[tuple[float, float]]) -> float | None:
    """The slope of the source's time over ours, for which single chunks may well come late."""
    times = np.array([(now, t) for now, t in arrivals if now > SETTLE]).reshape(-1, 2)
    if len(times) < LEAST_ARRIVALS or np.ptp(times[:, 0]) < 1:
        return None
    return float(np.polyfit(times[:, 0], times[:, 1], 1)[0])
