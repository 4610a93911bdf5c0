"""Simulated people who draw digits in the air (`--mock`)."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from edge.samples import MOTION, Chunk
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Scene, Sensor, draw_digits, other_motions
from edge.simulation.seeds import person_seed
from edge.source import Source
from edge.source.pacing import Pacer
from edge.source.simulated.base import SimulatedSource
from edge.source.simulated.options import add_duration_option

CHUNK = 5  # samples: 50 ms at 100 Hz
DIGITS_PER_PERSON = 10  # then the next person takes the sensor


class SimulatedHand(SimulatedSource):
    channels = MOTION
    truth_after = 0.6
    mock_help = "simulated people draw digits: needs no hardware"
    seed_help = "selects the people"

    def __init__(
        self,
        requirements: Mapping[str, Any],
        digits: str | None = None,
        seed: int = 0,
        pastime: float = 0.0,
        speed: float = 1.0,
    ) -> None:
        """Draw `digits` (None: random ones without end), then move otherwise for `pastime` s."""
        super().__init__(requirements, seed, speed)
        self.digits, self.pastime = digits, pastime

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--digits",
            type=digits,
            metavar="STRING",
            help="with --mock: draw these and stop (default: random digits without end)",
        )
        add_duration_option(
            parser, "--pastime", "rest, walk, fidget and scribble for this time after the digits"
        )

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        digits = args.digits if args.digits or not args.pastime else ""
        return {"digits": digits, "pastime": args.pastime}

    def __enter__(self) -> Source:
        self._imu = Imu(
            np.random.default_rng(self.seed),
            self.rate,
            self.requirements["accel_g"],
            self.requirements["gyro_dps"],
        )
        return self

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        sensor = Sensor(self._imu)
        for scene in self._scenes():
            t, values, marks = sensor.read(scene)
            self.marks.extend(marks)
            for start in range(0, len(t), CHUNK):
                part = slice(start, start + CHUNK)
                chunk = Chunk(t[part], values[part])
                for _ in pacer.wait_for(chunk.t[-1]):
                    yield Chunk.empty(len(MOTION))
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
            # Every person holds the same device, in which the sensor is mounted in the same way.
            mounting = person.mounting = person.mounting if mounting is None else mounting
            batch = list(itertools.islice(digits, DIGITS_PER_PERSON))
            if not batch:
                break
            yield from draw_digits(person, batch)
        if self.pastime:
            yield from other_motions(person, self.pastime)


def digits(text: str) -> str:
    """Parse the digits to draw, for argparse."""
    if not text or not set(text) <= set("0123456789"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a string of digits: give some of 0 to 9")
    return text
