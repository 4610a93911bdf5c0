"""What the decision needs to know of a stroke beside the scores of its tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class StrokeFacts:
    start: float
    """Source time of its first sample, in seconds."""
    joined: int
    """Number of movements in it, with short rests between them."""
    agreement: float
    """Of angle and position, 0 to 3: how strongly it supports the first sign."""
    lateral: NDArray[np.float64]
    """(3,) the direction to the right under the first sign, in the sensor's own axes."""
    angle_trust: float
    """How far the angle can be trusted, 0 to 1."""
    position_trust: float
    """How far the position can be trusted, 0 to 1."""
    clipped_gyro: float
    """Share of its samples that the gyroscope clipped."""
