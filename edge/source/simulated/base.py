"""What the simulated sources share: their options, and the ground truth."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

from edge.samples import Health
from edge.simulation.ground_truth import Mark, truth_at
from edge.simulation.seeds import seed
from edge.source import Source

MAX_MARKS = 1000  # so that a long run does not fill the memory


class SimulatedSource(Source):
    """`marks` holds the ground truth: what was drawn or said (digits as "0" to "9"), and when."""

    mock_help: ClassVar[str]
    seed_help: ClassVar[str]
    truth_after: ClassVar[float] = 0.0
    """Seconds after the end of a mark within which a detection belongs to that mark."""

    def __init__(self, requirements: Mapping[str, Any], seed: int, speed: float) -> None:
        self.requirements, self.seed, self.speed = requirements, seed, speed
        self.rate = float(requirements["rate_hz"])
        self.health = Health()
        self.marks: deque[Mark] = deque(maxlen=MAX_MARKS)

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument("--mock", action="store_true", help=cls.mock_help)
        parser.add_argument(
            "--seed", type=seed, default=0, metavar="N", help=f"with --mock: {cls.seed_help}"
        )
        cls.add_settings(parser)

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        if not args.mock:
            return None
        return cls(requirements, seed=args.seed, speed=args.speed, **cls.settings(args))

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        """Add the options of this simulation."""

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        """The arguments of the constructor that the options of this simulation give."""
        return {}

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close."""

    def truth_at(self, t: float) -> str:
        return truth_at(self.marks, t, self.truth_after)
