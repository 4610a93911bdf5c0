"""Events: what the chain passes to its sinks. With `--json`, each is printed as one JSON object."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.samples import Health


@dataclass(frozen=True)
class Detection:
    """A label was recognised."""

    label: str
    score: float
    """Probability of the label, 0 to 1."""
    t: float
    """Source time of the end of the stroke or word, in seconds."""
    latency_ms: float
    """From `t` to this event: the time until the end is certain, and computing time."""
    scores: dict[str, float]
    """Probability of every label."""
    trajectory: NDArray[np.float32] | None = field(default=None, repr=False)
    """(n, 2) x right, y up: the stroke as it was drawn."""
    truth: str | None = None
    """The label that a simulated source really drew or said; "" for nothing, None if unknown."""


@dataclass(frozen=True)
class Number:
    """Digits that were said one after another, followed by a pause."""

    digits: str
    """All digits in order, with leading zeros: "007"."""
    score: float
    """The lowest score of its digits."""
    t: float
    """Source time of the end of the last digit."""
    latency_ms: float
    """From `t` to this event, with the pause."""

    @property
    def label(self) -> str:
        return self.digits


@dataclass(frozen=True)
class Rejection:
    """A stroke that was not recognised as any label."""

    reason: str
    t: float
    scores: dict[str, float]
    trajectory: NDArray[np.float32] | None = field(default=None, repr=False)
    truth: str | None = None
    """The label that a simulated source really drew or said; "" for nothing, None if unknown."""

    @property
    def label(self) -> str:
        """Empty: nothing was recognised."""
        return ""

    @property
    def score(self) -> float:
        return 0.0


@dataclass(frozen=True)
class Summary:
    """The end of a run."""

    health: Health
    detections: int
    rejections: int
    failed: bool = False
    """Whether an error ended the run."""
