"""A simulated person who says only what a recorder prompts for (`--mock`)."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.simulation.ground_truth import Mark
from edge.simulation.seeds import person_seed
from edge.simulation.sound.room import Room
from edge.simulation.sound.speaker import Speaker
from edge.simulation.sound.utterances import Utterance, parse_script, say_utterance
from edge.simulation.sound.vocoder import RATE
from edge.source.simulated.microphone import SimulatedMicrophone, Sound

POLL_TIME = 0.1  # s of silence between two checks for a prompt


class PromptedMicrophone(SimulatedMicrophone):
    mock_help = "a simulated person says each prompt: needs no microphone"
    seed_help = "selects the person"

    def __init__(self, requirements: Mapping[str, Any], seed: int = 0, speed: float = 1.0) -> None:
        super().__init__(requirements, seed=seed, speed=speed)
        self._prompts: deque[Utterance] = deque()

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        """The recorder prompts, so no option says what comes."""

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        return {}

    def check(self, words: Iterable[str]) -> None:
        """Raise SourceError if the simulated person cannot say one of the words."""
        for word in words:
            try:
                parse_script(word)
            except argparse.ArgumentTypeError as error:
                raise SourceError(f"--mock: {error}") from None

    def prompt(self, word: str) -> None:
        """Say this word next."""
        self._prompts.extend(parse_script(word))

    def _speech(self, rng: np.random.Generator) -> Iterator[tuple[Sound, list[Mark]]]:
        speaker = Speaker(person_seed(self.seed, 0))
        room = Room(speaker.rng)
        while True:
            if self._prompts:
                sound, marks = say_utterance(speaker, self._prompts.popleft())
                yield room.reverberate(sound), marks
            else:
                yield np.zeros(round(POLL_TIME * RATE)), []
