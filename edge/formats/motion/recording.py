"""A recording, in one unit and one order whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge.errors import RecordingError
from edge.formats.motion.clipping import Rails, observed
from edge.samples import ACCEL, GYRO

SLOWEST, FASTEST = 5.0, 4000.0  # Hz; outside of it times are wrong rather than unusual
GAP = 2.5  # sample intervals: after more of them samples are missing
HIGHEST_ACCEL = 1000.0  # m/s^2, 100 g: more than any sensor that a hand holds can say
HIGHEST_GYRO = 100.0  # rad/s, 5700 deg/s


@dataclass(frozen=True)
class Recording:
    """Use `Recording.checked` to make one: it refuses what cannot be a recording of a hand."""

    t: NDArray[np.float64]
    """(n,) seconds, the first is 0, strictly increasing; a jump is a gap."""
    values: NDArray[np.float32]
    """(n, channels) in SI units: m/s^2 with gravity, rad/s."""
    channels: tuple[str, ...]
    """MOTION, or ACCEL for a sensor without gyro."""
    rate: float
    """Samples a second between gaps."""
    rails: Rails | None = None
    """Largest acceleration (m/s^2) and turn rate (rad/s) that the sensor could say, where known:
    from the format, or because the values stand on them."""
    gravity_removed: bool = False
    """The file's maker subtracted gravity, in a pose that nobody wrote down."""
    label: str | None = None
    session: str | None = None
    """Takes with the same session were made in one sitting or on one day."""
    recorded: int | str | None = None
    """When it was taken: sorts the takes of one corpus by time."""

    @classmethod
    def checked(
        cls,
        t: ArrayLike,
        values: ArrayLike,
        channels: tuple[str, ...],
        rails: Rails | None = None,
        gravity_removed: bool = False,
    ) -> Recording:
        """Times in seconds and values in SI units, or a RecordingError that names the sample."""
        t = np.asarray(t, np.float64)
        values = np.asarray(values, np.float64)
        if len(t) < 2:
            raise RecordingError(f"holds {len(t)} sample{'s' * (len(t) != 1)}: record it again")
        _refuse(~np.isfinite(t), "its time is not a number")
        _refuse(~np.isfinite(values).all(axis=1), "a value is missing or not a number")
        for names, highest, unit in (
            (ACCEL, HIGHEST_ACCEL, "m/s^2"),
            (GYRO, HIGHEST_GYRO, "rad/s"),
        ):
            columns = [i for i, name in enumerate(channels) if name in names]
            wild = (np.abs(values[:, columns]) > highest).any(axis=1)
            _refuse(wild, f"a value beyond {highest:g} {unit}: check the unit of {names[0]}")
        steps = np.diff(t)
        _refuse(
            np.append(False, steps <= 0),
            "its time is not later than that of the one before",
        )
        rate = _rate(steps)
        if not SLOWEST <= rate <= FASTEST:
            raise RecordingError(
                f"has {rate:.4g} samples a second, {SLOWEST:g} to {FASTEST:g} are possible: "
                "check the unit of its times"
            )
        single = values.astype(np.float32)
        rails = rails or observed(single, channels)
        return cls(t - t[0], single, channels, rate, rails, gravity_removed)


def _rate(steps: NDArray[np.float64]) -> float:
    """Mean rate without the gaps. (The median alone would round to the clock's resolution.)"""
    return float(1 / np.mean(steps[steps <= 1.5 * np.median(steps)]))


def _refuse(bad: NDArray[np.bool_], what: str) -> None:
    if bad.any():
        raise RecordingError(f"sample {int(np.argmax(bad)) + 1}: {what}")
