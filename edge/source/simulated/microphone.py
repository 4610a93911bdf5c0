"""Simulated people who speak in a room that is never quite silent, as a source (`--mock`).

What simulates them is loaded when they speak: most who start a command have a microphone.
"""

from __future__ import annotations

import argparse
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edge.samples import AUDIO, Chunk, Health
from edge.simulation.ground_truth import Mark
from edge.simulation.seeds import person_seed, seed
from edge.source import Source
from edge.source.pacing import Pace

if TYPE_CHECKING:
    from edge.simulation.sound.utterances import Utterance

CHUNK = 0.02  # s
TURN = 10  # times somebody speaks; then the next person does
QUIET = 45.0  # dB: a quiet room, and a microphone that is not the best
MARKS_KEPT = 1000

Sound = NDArray[Any]


class SimulatedMicrophone(Source):
    """`marks` tells what was really said; digits in it are "0" to "9"."""

    def __init__(
        self,
        requirements: Mapping[str, Any],
        script: Sequence[Utterance] | None = None,
        seed: int = 0,
        noise: float = QUIET,
        pause: float = 0.0,
        speed: float = 1.0,
    ) -> None:
        """Says `script`, then nothing for `pause` seconds; anything without end if None.

        `noise` is how many dB lie between the words and what else can be heard.
        """
        self.script, self.seed, self.noise = script, seed, noise
        self.pause, self.speed = pause, speed
        self.channels = AUDIO
        self.rate = float(requirements["rate_hz"])
        self.health = Health()
        self.marks: deque[Mark] = deque(maxlen=MARKS_KEPT)

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--mock", action="store_true", help="simulated people speak: needs no microphone"
        )
        parser.add_argument(
            "--words",
            type=_script,
            metavar="WORDS",
            help='with --mock: say these and stop, as in "yes no 42" (default: random words '
            "without end)",
        )
        parser.add_argument(
            "--seed", type=seed, default=0, metavar="N", help="with --mock: which people they are"
        )
        parser.add_argument(
            "--noise",
            type=_noise,
            default=QUIET,
            metavar="DB",
            help="with --mock: how far the noise is below the words: 10 is loud (default: "
            f"{QUIET:g}, a quiet room)",
        )
        parser.add_argument(
            "--pause",
            type=_pause,
            default=0.0,
            metavar="SECONDS",
            help="with --mock: then go on for so long, without a word",
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        if not args.mock:
            return None
        words = () if args.words is None and args.pause else args.words
        return cls(requirements, words, args.seed, args.noise, args.pause, args.speed)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing is held open."""

    def __iter__(self) -> Iterator[Chunk]:
        pace = Pace(self.speed)
        size, sent = int(CHUNK * self.rate), 0
        for sound in self._at_rate():
            clipped = np.abs(sound) >= 1
            values = np.clip(sound, -1, 1).astype(np.float32)[:, None]
            for start in range(0, len(values), size):
                part = slice(start, start + size)
                t = (sent + np.arange(len(values[part]))) / self.rate
                sent += len(t)
                for _ in pace.wait_for(t[-1]):
                    yield Chunk(np.empty(0), np.empty((0, 1), np.float32))
                chunk = Chunk(t, values[part])
                self.health.count(chunk)
                self.health.clipped += int(clipped[part].sum())
                yield chunk

    def _at_rate(self) -> Iterator[Sound]:
        from edge.simulation.sound.vocoder import RATE

        if self.rate == RATE:
            yield from self._heard()
            return
        from edge.resample import Resampler

        resampler = Resampler(RATE, int(self.rate))
        for sound in self._heard():
            yield resampler.process(sound)
        yield resampler.finish()

    def _heard(self) -> Iterator[Sound]:
        """What reaches the microphone, at the rate of the voices."""
        from edge.simulation.sound.room import Noise
        from edge.simulation.sound.speaker import SPEECH_LEVEL
        from edge.simulation.sound.vocoder import RATE

        rng = np.random.default_rng(self.seed)
        level = SPEECH_LEVEL * 10 ** (-self.noise / 20)
        noise = Noise(np.random.default_rng([self.seed, 1]), level)
        elapsed = 0.0
        for sound, marks in self._spoken(rng):
            self.marks.extend(Mark(m.label, m.start + elapsed, m.end + elapsed) for m in marks)
            elapsed += len(sound) / RATE
            yield sound + noise.take(len(sound))
        left = round(self.pause * RATE)
        while left > 0:
            yield noise.take(min(left, RATE))
            left -= RATE

    def _spoken(self, rng: np.random.Generator) -> Iterator[tuple[Sound, list[Mark]]]:
        from edge.simulation.sound.room import Room
        from edge.simulation.sound.speaker import Speaker
        from edge.simulation.sound.utterances import random_utterance, say_utterance

        said: Iterable[Utterance] = (random_utterance(rng) for _ in itertools.count())
        said = iter(said if self.script is None else self.script)
        for number in itertools.count():
            speaker = Speaker(person_seed(self.seed, number))
            room = Room(speaker.rng)
            turn = list(itertools.islice(said, TURN))
            if not turn:
                break
            for utterance in turn:
                sound, marks = say_utterance(speaker, utterance)
                yield room.reverberate(sound), marks


def _script(text: str) -> tuple[Utterance, ...]:
    from edge.simulation.sound.utterances import parse_script

    return parse_script(text)


def _noise(text: str) -> float:
    if not -20 <= float(text) <= 90:
        raise argparse.ArgumentTypeError(f"{text} is no noise level: -20 (deafening) to 90 (none)")
    return float(text)


def _pause(text: str) -> float:
    if not 0 <= float(text) < np.inf:
        raise argparse.ArgumentTypeError(f"{text} is no pause: seconds, 0 or more")
    return float(text)
