"""A simulated person who draws what is asked for, and nothing else: for a recorder (`--mock`)."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.formats.motion.file_name import NONE_LABEL
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Scene, pass_time, take
from edge.simulation.seeds import person_seed, seed
from edge.source import Source
from edge.source.simulated.hand import SimulatedHand

WAITING = 0.1  # s until a prompt is noticed
HELD = (0.0, 0.1)  # s that it is held still when it has settled
DIGITS = tuple("0123456789")


class PromptedHand(SimulatedHand):
    def __init__(self, requirements: Mapping[str, Any], seed: int = 0, speed: float = 1.0) -> None:
        super().__init__(requirements, seed=seed, speed=speed)
        self._asked: deque[str] = deque()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--mock",
            action="store_true",
            help="a simulated person draws what is asked for: needs no hardware",
        )
        parser.add_argument(
            "--seed", type=seed, default=0, metavar="N", help="with --mock: who it is"
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(requirements, args.seed, args.speed) if args.mock else None

    def check(self, label: str) -> None:
        """SourceError for what nobody here can draw."""
        if label not in (*DIGITS, NONE_LABEL):
            raise SourceError(f"--mock cannot draw {label}: it knows 0 to 9 and {NONE_LABEL}")

    def prompt(self, label: str) -> None:
        """It is drawn soon."""
        self._asked.append(label)

    def _scenes(self) -> Iterator[Scene]:
        person = Person(person_seed(self.seed, 0))
        pastimes = pass_time(person, np.inf)
        while True:
            if not self._asked:
                yield Scene(person.feel(person.rest(WAITING)))
            elif (label := self._asked.popleft()) == NONE_LABEL:
                yield next(pastimes)
            else:
                yield take(person, label, partial(person.draw, label), HELD)
