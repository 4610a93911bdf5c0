"""A motion recording, in the same units and channel order whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge.errors import RecordingError
from edge.formats.motion.clipping import Rails, find_rails
from edge.samples import ACCEL, GYRO

MIN_RATE, MAX_RATE = 5.0, 4000.0  # Hz; another rate means that the times are wrong
GAP = 2.5  # sample intervals: a longer interval means that samples are missing
MAX_ACCEL = 1000.0  # m/s^2, 100 g: beyond the range of any sensor that a hand holds
MAX_GYRO = 100.0  # rad/s, 5700 deg/s


@dataclass(frozen=True)
class Recording:
    """Make one with `Recording.checked`, which refuses impossible times and values."""

    t: NDArray[np.float64]
    """(n,) seconds, the first is 0, strictly increasing; a jump is a gap."""
    values: NDArray[np.float32]
    """(n, channels) in SI units: m/s^2 with gravity, rad/s."""
    channels: tuple[str, ...]
    """MOTION, or ACCEL for a sensor without a gyroscope."""
    rate: float
    """Samples a second between gaps."""
    rails: Rails | None = None
    """Largest acceleration (m/s^2) and turn rate (rad/s) that the sensor can output, if known:
    from the format, or because the values have flat peaks there."""
    gravity_removed: bool = False
    """Whether gravity was subtracted before the file was written; its direction is lost then."""
    label: str | None = None
    session: str | None = None
    """Recordings with the same session were made on the same half day."""
    recorded: int | str | None = None
    """When it was recorded: a key that sorts the recordings of one data set by time."""

    @classmethod
    def checked(
        cls,
        t: ArrayLike,
        values: ArrayLike,
        channels: tuple[str, ...],
        rails: Rails | None = None,
        gravity_removed: bool = False,
    ) -> Recording:
        """Make a recording of times in seconds and values in SI units.

        Raise RecordingError, which names the sample, if they are impossible.
        """
        t = np.asarray(t, np.float64)
        values = np.asarray(values, np.float64)
        if len(t) < 2:
            raise RecordingError(f"holds {len(t)} sample{'s' * (len(t) != 1)}: record it again")
        _refuse(~np.isfinite(t), "its time is not a number")
        _refuse(~np.isfinite(values).all(axis=1), "a value is missing or not a number")
        for names, highest, unit in ((ACCEL, MAX_ACCEL, "m/s^2"), (GYRO, MAX_GYRO, "rad/s")):
            columns = [i for i, name in enumerate(channels) if name in names]
            too_large = (np.abs(values[:, columns]) > highest).any(axis=1)
            _refuse(too_large, f"a value beyond {highest:g} {unit}: check the unit of {names[0]}")
        steps = np.diff(t)
        _refuse(
            np.append(False, steps <= 0),
            "its time is not later than the time of the sample before it",
        )
        rate = _rate(steps)
        if not MIN_RATE <= rate <= MAX_RATE:
            raise RecordingError(
                f"has {rate:.4g} samples a second, possible are {MIN_RATE:g} to {MAX_RATE:g}: "
                "check the unit of its times"
            )
        single = values.astype(np.float32)
        rails = rails or find_rails(single, channels)
        return cls(t - t[0], single, channels, rate, rails, gravity_removed)


def _rate(steps: NDArray[np.float64]) -> float:
    """Return the mean rate without gaps. The median is rounded to the clock's resolution."""
    return float(1 / np.mean(steps[steps <= 1.5 * np.median(steps)]))


def _refuse(bad: NDArray[np.bool_], what: str) -> None:
    if bad.any():
        raise RecordingError(f"sample {int(np.argmax(bad)) + 1}: {what}")
