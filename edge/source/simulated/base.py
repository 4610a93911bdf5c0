"""What the simulated sources share: a seed, a speed, and the ground truth."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

from edge.samples import Health
from edge.simulation.ground_truth import Mark, truth_at
from edge.source import Source

MAX_MARKS = 1000  # so that a long run does not fill the memory


class SimulatedSource(Source):
    """`marks` holds the ground truth: what was drawn or said (digits as "0" to "9"), and when."""

    truth_after: ClassVar[float]
    """Seconds after the end of a mark within which a detection belongs to that mark."""

    def __init__(self, requirements: Mapping[str, Any], seed: int, speed: float) -> None:
        self.requirements, self.seed, self.speed = requirements, seed, speed
        self.rate = float(requirements["rate_hz"])
        self.health = Health()
        self.marks: deque[Mark] = deque(maxlen=MAX_MARKS)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close."""

    def truth_at(self, t: float) -> str:
        return truth_at(self.marks, t, self.truth_after)
