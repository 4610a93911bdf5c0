"""A simulated person who says what is asked for, and nothing else: for a recorder (`--mock`)."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.simulation.ground_truth import Mark
from edge.simulation.seeds import person_seed, seed
from edge.simulation.sound.room import Room
from edge.simulation.sound.speaker import Speaker
from edge.simulation.sound.utterances import Utterance, parse_script, say_utterance
from edge.simulation.sound.vocoder import RATE
from edge.source import Source
from edge.source.simulated.microphone import SimulatedMicrophone, Sound

WAITING = 0.1  # s until a prompt is noticed


class PromptedMicrophone(SimulatedMicrophone):
    def __init__(self, requirements: Mapping[str, Any], seed: int = 0, speed: float = 1.0) -> None:
        super().__init__(requirements, seed=seed, speed=speed)
        self._asked: deque[Utterance] = deque()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--mock",
            action="store_true",
            help="a simulated person says what is asked for: needs no microphone",
        )
        parser.add_argument(
            "--seed", type=seed, default=0, metavar="N", help="with --mock: who it is"
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(requirements, args.seed, args.speed) if args.mock else None

    def check(self, words: Iterable[str]) -> None:
        """SourceError for a word that nobody here can say."""
        for word in words:
            try:
                parse_script(word)
            except argparse.ArgumentTypeError as error:
                raise SourceError(f"--mock: {error}") from None

    def prompt(self, word: str) -> None:
        """It is said soon."""
        self._asked.extend(parse_script(word))

    def _spoken(self, rng: np.random.Generator) -> Iterator[tuple[Sound, list[Mark]]]:
        speaker = Speaker(person_seed(self.seed, 0))
        room = Room(speaker.rng)
        while True:
            if self._asked:
                sound, marks = say_utterance(speaker, self._asked.popleft())
                yield room.reverberate(sound), marks
            else:
                yield np.zeros(round(WAITING * RATE)), []
