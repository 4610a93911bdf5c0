"""Simulated people who draw digits in the air, as a source like any other (`--mock`)."""

from __future__ import annotations

import argparse
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from edge.samples import MOTION, Chunk, Health
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Mark, Scene, Sensor, draw_digits, pass_time
from edge.simulation.seeds import person_seed, seed
from edge.source import Source
from edge.source.pacing import Pace

CHUNK = 5  # samples: 50 ms at 100 Hz
DIGITS_A_HAND = 10  # then the next person takes the sensor
MARKS_KEPT = 1000


class SimulatedHand(Source):
    """`marks` tells what was really drawn."""

    def __init__(
        self,
        requirements: Mapping[str, Any],
        digits: str | None = None,
        seed: int = 0,
        pastime: float = 0.0,
        speed: float = 1.0,
    ) -> None:
        """Draws `digits`, then passes `pastime` seconds; random digits without end if None."""
        self.requirements, self.digits, self.seed = requirements, digits, seed
        self.pastime, self.speed = pastime, speed
        self.channels = MOTION
        self.rate = float(requirements["rate_hz"])
        self.health = Health()
        self.marks: deque[Mark] = deque(maxlen=MARKS_KEPT)

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--mock",
            action="store_true",
            help="simulated people draw digits: needs no hardware",
        )
        parser.add_argument(
            "--digits",
            type=digits,
            metavar="STRING",
            help="with --mock: draw these and stop (default: random digits without end)",
        )
        parser.add_argument(
            "--seed", type=seed, default=0, metavar="N", help="with --mock: which people they are"
        )
        parser.add_argument(
            "--pastime",
            type=_pastime,
            default=0.0,
            metavar="SECONDS",
            help="with --mock: then rest, walk, fidget and scribble for so long",
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        if not args.mock:
            return None
        digits = args.digits if args.digits or not args.pastime else ""
        return cls(requirements, digits, args.seed, args.pastime, args.speed)

    def __enter__(self) -> Source:
        self._imu = Imu(
            np.random.default_rng(self.seed),
            self.rate,
            self.requirements["accel_g"],
            self.requirements["gyro_dps"],
        )
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing is held open."""

    def __iter__(self) -> Iterator[Chunk]:
        pace = Pace(self.speed)
        sensor = Sensor(self._imu)
        for scene in self._scenes():
            t, values, marks = sensor.read(scene)
            self.marks.extend(marks)
            for start in range(0, len(t), CHUNK):
                part = slice(start, start + CHUNK)
                chunk = Chunk(t[part], values[part])
                for _ in pace.wait_for(chunk.t[-1]):
                    yield Chunk(np.empty(0), np.empty((0, len(MOTION)), np.float32))
                self.health.count(chunk)
                self.health.clipped += int(self._imu.clipped(chunk.values).sum())
                yield chunk

    def _scenes(self) -> Iterator[Scene]:
        rng = np.random.default_rng(self.seed)
        digits: Iterable[str] = (str(rng.integers(10)) for _ in itertools.count())
        digits = iter(digits if self.digits is None else self.digits)
        mounting = None
        for number in itertools.count():
            person = Person(person_seed(self.seed, number))
            # Whoever takes over takes the thing as it is: the sensor sits in it as before.
            mounting = person.mounting = person.mounting if mounting is None else mounting
            turn = list(itertools.islice(digits, DIGITS_A_HAND))
            if not turn:
                break
            yield from draw_digits(person, turn)
        if self.pastime:
            yield from pass_time(person, self.pastime)


def digits(text: str) -> str:
    """Digits to draw, as an option gives them."""
    if not text or not set(text) <= set("0123456789"):
        raise argparse.ArgumentTypeError(f"{text!r} is not digits alone: give some of 0 to 9")
    return text


def _pastime(text: str) -> float:
    if not 0 <= float(text) < np.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time to pass: seconds, 0 or more")
    return float(text)
