"""What the chain tells its sink. Each event becomes one JSON object a line with `--json`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.samples import Health


@dataclass(frozen=True)
class Detection:
    """Something was recognised."""

    label: str
    score: float
    """Probability of the label, 0 to 1."""
    t: float
    """Source time of the end of what was recognised."""
    latency_ms: float
    """From that end to this event: waiting included that was needed to know it had ended."""
    scores: dict[str, float]
    """Probability of every label."""
    trajectory: NDArray[np.float32] | None = field(default=None, repr=False)
    """(n, 2) x right, y up: the stroke as drawn, for those who would rather look."""


@dataclass(frozen=True)
class Number:
    """Digits that were said one after another, and then a pause."""

    digits: str
    """As they were said, leading zeros and all: "007"."""
    t: float
    """Source time of the end of the last digit."""
    latency_ms: float
    """From that end to this event: the pause included."""


@dataclass(frozen=True)
class Rejection:
    """Something happened but it is none of the labels."""

    reason: str
    t: float
    scores: dict[str, float]
    trajectory: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Summary:
    """The end of a run."""

    health: Health
    detections: int
    rejections: int
    failed: bool = False
    """Something stopped it."""
