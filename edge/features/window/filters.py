"""A band-pass filter over a window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.fields import Fields

MAX_TAPS = 2001


def filter_specification(fields: Fields, rate: int) -> dict[str, float | int | None]:
    """`low_hz` and `high_hz` are the limits of what passes; null for no limit. `taps` is odd."""
    fields.refuse_others(("low_hz", "high_hz", "taps"))
    limits = {}
    for key in ("low_hz", "high_hz"):
        if fields.values.get(key) is not None:
            limits[key] = fields.number(key, 1e-3, rate / 2)
    if not limits:
        raise fields.error("low_hz", "give low_hz, high_hz or both")
    if limits.get("low_hz", 0) >= limits.get("high_hz", rate):
        raise fields.error("low_hz", "it must be below high_hz")
    taps = fields.integer("taps", 3, MAX_TAPS)
    if taps % 2 == 0:
        raise fields.error("taps", "give an odd number")
    return {"low_hz": limits.get("low_hz"), "high_hz": limits.get("high_hz"), "taps": taps}


def taps_of(low_hz: float | None, high_hz: float | None, taps: int, rate: int) -> NDArray:
    """The taps of the filter, with a Hamming window; it does not shift the signal."""
    n = np.arange(taps) - taps // 2
    window = np.hamming(taps)

    def low_pass(limit: float) -> NDArray[np.float64]:
        kernel = np.sinc(2 * limit / rate * n) * window
        found: NDArray[np.float64] = kernel / kernel.sum()
        return found

    impulse = np.zeros(taps)
    impulse[taps // 2] = 1
    passed = impulse if high_hz is None else low_pass(high_hz)
    return passed if low_hz is None else passed - low_pass(low_hz)


def filtered(samples: NDArray[np.float32], taps: NDArray[np.float64]) -> NDArray[np.float32]:
    """Each column filtered; (n + len(taps) - 1, channels) give (n, channels)."""
    columns = [np.convolve(column, taps, "valid") for column in samples.T.astype(np.float64)]
    return np.stack(columns, axis=1).astype(np.float32)
