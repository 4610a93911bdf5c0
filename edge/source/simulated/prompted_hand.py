"""A simulated person who draws only what a recorder prompts for (`--mock`)."""

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
from edge.simulation.motion.stream import Scene, other_motions, take
from edge.simulation.seeds import person_seed
from edge.source.simulated.hand import SimulatedHand

POLL_TIME = 0.1  # s of rest between two checks for a prompt
HOLD_TIME = (0.0, 0.1)  # s that the hand is held still after drawing: shortest, longest
DIGITS = tuple("0123456789")


class PromptedHand(SimulatedHand):
    mock_help = "a simulated person draws each prompt: needs no hardware"
    seed_help = "selects the person"

    def __init__(self, requirements: Mapping[str, Any], seed: int = 0, speed: float = 1.0) -> None:
        super().__init__(requirements, seed=seed, speed=speed)
        self._prompts: deque[str] = deque()

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        """The recorder prompts, so no option says what comes."""

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        return {}

    def check(self, label: str) -> None:
        """Raise SourceError if the simulated person cannot draw this label."""
        if label not in (*DIGITS, NONE_LABEL):
            raise SourceError(f"--mock cannot draw {label}: choose 0 to 9 or {NONE_LABEL}")

    def prompt(self, label: str) -> None:
        """Draw this label next."""
        self._prompts.append(label)

    def _scenes(self) -> Iterator[Scene]:
        person = Person(person_seed(self.seed, 0))
        other_motion = other_motions(person, np.inf)
        while True:
            if not self._prompts:
                yield Scene(person.sense(person.rest(POLL_TIME)))
            elif (label := self._prompts.popleft()) == NONE_LABEL:
                yield next(other_motion)
            else:
                yield take(person, label, partial(person.draw, label), HOLD_TIME)
