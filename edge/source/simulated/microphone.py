"""Simulated people who speak in a simulated room with background noise (`--mock`).

The simulation is imported only when it runs: most users of a command have a microphone.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edge.samples import AUDIO, Chunk
from edge.simulation.ground_truth import Mark
from edge.simulation.seeds import person_seed
from edge.source.pacing import Pacer
from edge.source.simulated.base import SimulatedSource
from edge.source.simulated.options import add_duration_option

if TYPE_CHECKING:
    from edge.simulation.sound.utterances import Utterance

CHUNK = 0.02  # s
UTTERANCES_PER_PERSON = 10  # then the next person speaks
QUIET_ROOM = 45.0  # dB between words and noise: a quiet room and a mediocre microphone

Sound = NDArray[Any]


class SimulatedMicrophone(SimulatedSource):
    channels = AUDIO
    truth_after = 1.0
    mock_help = "simulated people speak: needs no microphone"
    seed_help = "selects the people"

    def __init__(
        self,
        requirements: Mapping[str, Any],
        script: Sequence[Utterance] | None = None,
        seed: int = 0,
        noise: float = QUIET_ROOM,
        pause: float = 0.0,
        speed: float = 1.0,
    ) -> None:
        """Say `script` (None: random words without end), then be silent for `pause` seconds.

        `noise`: how many dB the noise is below the words.
        """
        super().__init__(requirements, seed, speed)
        self.script, self.noise, self.pause = script, noise, pause

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--words",
            type=_script,
            metavar="WORDS",
            help='with --mock: say these and stop, as in "yes no 42" (default: random words '
            "without end)",
        )
        parser.add_argument(
            "--noise",
            type=_noise,
            default=QUIET_ROOM,
            metavar="DB",
            help="with --mock: how many dB the noise is below the words: 10 is loud noise "
            f"(default: {QUIET_ROOM:g}, a quiet room)",
        )
        add_duration_option(parser, "--pause", "noise without words for this time after the words")

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        script = () if args.words is None and args.pause else args.words
        return {"script": script, "noise": args.noise, "pause": args.pause}

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        size, sent = int(CHUNK * self.rate), 0
        for sound in self._sound_at_rate():
            clipped = np.abs(sound) >= 1
            values = np.clip(sound, -1, 1).astype(np.float32)[:, None]
            for start in range(0, len(values), size):
                part = slice(start, start + size)
                t = (sent + np.arange(len(values[part]))) / self.rate
                sent += len(t)
                for _ in pacer.wait_for(t[-1]):
                    yield Chunk.empty(len(AUDIO))
                chunk = Chunk(t, values[part])
                self.health.count(chunk)
                self.health.clipped += int(clipped[part].sum())
                yield chunk

    def _sound_at_rate(self) -> Iterator[Sound]:
        """The sound at the microphone, at the rate that is required."""
        from edge.simulation.sound.vocoder import RATE

        if self.rate == RATE:
            yield from self._sound()
            return
        from edge.resample import Resampler

        resampler = Resampler(RATE, int(self.rate))
        for sound in self._sound():
            yield resampler.process(sound)
        yield resampler.finish()

    def _sound(self) -> Iterator[Sound]:
        """The sound at the microphone, at the rate of the simulated voices."""
        from edge.simulation.sound.room import Noise
        from edge.simulation.sound.speaker import SPEECH_LEVEL
        from edge.simulation.sound.vocoder import RATE

        rng = np.random.default_rng(self.seed)
        level = SPEECH_LEVEL * 10 ** (-self.noise / 20)
        noise = Noise(np.random.default_rng([self.seed, 1]), level)
        elapsed = 0.0
        for sound, marks in self._speech(rng):
            self.marks.extend(Mark(m.label, m.start + elapsed, m.end + elapsed) for m in marks)
            elapsed += len(sound) / RATE
            yield sound + noise.take(len(sound))
        left = round(self.pause * RATE)
        while left > 0:
            yield noise.take(min(left, RATE))
            left -= RATE

    def _speech(self, rng: np.random.Generator) -> Iterator[tuple[Sound, list[Mark]]]:
        """Stretches of speech with the echo of the room, and the words in them."""
        from edge.simulation.sound.room import Room
        from edge.simulation.sound.speaker import Speaker
        from edge.simulation.sound.utterances import random_utterance, say_utterance

        utterances: Iterable[Utterance] = (random_utterance(rng) for _ in itertools.count())
        utterances = iter(utterances if self.script is None else self.script)
        for number in itertools.count():
            speaker = Speaker(person_seed(self.seed, number))
            room = Room(speaker.rng)
            batch = list(itertools.islice(utterances, UTTERANCES_PER_PERSON))
            if not batch:
                break
            for utterance in batch:
                sound, marks = say_utterance(speaker, utterance)
                yield room.reverberate(sound), marks


def _script(text: str) -> tuple[Utterance, ...]:
    from edge.simulation.sound.utterances import parse_script

    return parse_script(text)


def _noise(text: str) -> float:
    if not -20 <= float(text) <= 90:
        raise argparse.ArgumentTypeError(
            f"{text} is not a noise level: give -20 (louder than the words) to 90 (no noise)"
        )
    return float(text)
