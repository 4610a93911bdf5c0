"""A simulated circulation with a sensor on a finger (`--mock`)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from edge.samples import PLETH, Chunk
from edge.simulation.circulation.artery import RATE
from edge.simulation.circulation.finger import Contact, blocks
from edge.simulation.circulation.person import Person
from edge.simulation.seeds import person_seed
from edge.source.pacing import CHUNK, Pacer
from edge.source.simulated.base import SimulatedSource
from edge.source.simulated.options import add_duration_option

HEART_RATES = (35.0, 180.0)  # beats a minute
FACTORS = (0.3, 3.0)  # of resistance and stiffness


class SimulatedCirculation(SimulatedSource):
    channels = PLETH
    mock_help = "a simulated circulation, with a sensor on a finger: needs no hardware"
    seed_help = "selects the person"

    def __init__(
        self,
        requirements: Mapping[str, Any],
        seed: int = 0,
        heart_rate: float | None = None,
        stiffness: float = 1.0,
        resistance: float = 1.0,
        lifted: float = 0.0,
        speed: float = 1.0,
        end: float = np.inf,
    ) -> None:
        """`stiffness` of the arteries and `resistance` of the small vessels are factors of those of
        the simulated person. For a share `lifted` of the time, the sensor is not on the finger.
        The signal ends after `end` seconds."""
        super().__init__(requirements, seed, speed)
        self.rate = RATE
        self._rng = np.random.default_rng(person_seed(seed, 0))
        person = Person.random(self._rng)
        self.person = replace(
            person,
            heart_rate=heart_rate or person.heart_rate,
            compliance=person.compliance / stiffness,
            impedance=person.impedance * np.sqrt(stiffness),
            resistance=person.resistance * resistance,
        )
        self.contact = replace(Contact.random(self._rng), lifted=lifted)
        self._end = end

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--heart-rate", type=_heart_rate, metavar="N", help="with --mock: beats a minute"
        )
        parser.add_argument(
            "--stiffness",
            type=_factor,
            default=1.0,
            metavar="FACTOR",
            help="with --mock: arteries of this times the stiffness (1)",
        )
        parser.add_argument(
            "--resistance",
            type=_factor,
            default=1.0,
            metavar="FACTOR",
            help="with --mock: small vessels of this times the resistance (1)",
        )
        parser.add_argument(
            "--lifted",
            type=_share,
            default=0.0,
            metavar="SHARE",
            help="with --mock: share of the time in which the sensor is not on the finger (0)",
        )
        add_duration_option(parser, "--seconds", "stop after this time (default: never)", np.inf)

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        return {
            "heart_rate": args.heart_rate,
            "stiffness": args.stiffness,
            "resistance": args.resistance,
            "lifted": args.lifted,
            "end": args.seconds,
        }

    def __iter__(self) -> Iterator[Chunk]:
        pacer, first = Pacer(self.speed), 0
        count = round(CHUNK * self.rate)
        for _, ppg in blocks(self.person, self.contact, self._rng):
            for start in range(0, len(ppg), count):
                values = ppg[start : start + count].astype(np.float32)
                t = (first + start + np.arange(len(values))) / self.rate
                if t[0] >= self._end:
                    return
                for _ in pacer.wait_for(float(t[-1])):
                    yield Chunk.empty(len(PLETH))
                chunk = Chunk(t, values[:, None])
                self.health.count(chunk)
                yield chunk
            first += len(ppg)


def _heart_rate(text: str) -> float:
    """Parse --heart-rate, for argparse."""
    return _between(text, *HEART_RATES)


def _factor(text: str) -> float:
    """Parse --stiffness and --resistance, for argparse."""
    return _between(text, *FACTORS)


def _share(text: str) -> float:
    """Parse --lifted, for argparse."""
    return _between(text, 0, 1)


def _between(text: str, low: float, high: float) -> float:
    if not low <= float(text) <= high:
        raise argparse.ArgumentTypeError(f"{text} is not possible: give {low:g} to {high:g}")
    return float(text)
