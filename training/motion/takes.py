"""Takes to validate and test with: recordings, and lines drawn by the simulated hands of `--mock`.

These hands have other arms, pace and sensors than the simulated people of the training set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.samples import Chunk
from edge.simulation.motion.person import Person
from edge.simulation.motion.shapes import resample_evenly
from edge.simulation.motion.stream import Scene, Sensor, other_motions
from training.common.cache import cache_key, cached_arrays
from training.common.jobs import LOCAL, JobOptions, run_jobs
from training.motion.people.idling import CALIBRATED, random_sensor
from training.motion.strokes import NONE

LINES_PER_PERSON = 10
POINT_SPACING = 0.02  # of the height of a line
REST = (0.3, 0.8)  # s before and after a line
CODE = ("edge/simulation/motion/*.py", "training/motion/takes.py")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DrawnLine:
    """A line that somebody drew, to be drawn by a simulated hand."""

    line: Array
    """(n, 2) one high."""
    label: str
    figure: str
    """What it is in its corpus: a digit, a letter."""
    group: str
    """Who drew it; the lines of one person follow each other."""


@dataclass(frozen=True)
class Take:
    """One recording of one stroke, or of other movements."""

    chunk: Chunk
    label: str
    figure: str
    group: str


def draw_takes(
    lines: Sequence[DrawnLine], seed: int, cache: Path, name: str, jobs: JobOptions = LOCAL
) -> list[Take]:
    """One take for each line; from the cache if these lines were drawn before."""
    key = cache_key(
        seed, *((d.label, d.figure, d.group) for d in lines), *(d.line for d in lines), code=CODE
    )

    def compute() -> dict[str, NDArray]:  # type: ignore[type-arg]
        made = run_jobs(_draw_block, list(_blocks(lines, seed)), jobs, f"{name}: simulated hand")
        chunks = [chunk for block in made for chunk in block]
        return {
            "t": np.concatenate([c.t for c in chunks]),
            "values": np.concatenate([c.values for c in chunks]),
            "length": np.array([len(c) for c in chunks]),
        }

    stored = cached_arrays(cache / f"takes-{name}-{key}.npz", compute)
    ends = np.cumsum(stored["length"])[:-1]
    signals = zip(np.split(stored["t"], ends), np.split(stored["values"], ends), strict=True)
    return [
        Take(Chunk(t, values), d.label, d.figure, d.group)
        for (t, values), d in zip(signals, lines, strict=True)
    ]


def idle_takes(people: int, seconds: float, seed: int) -> Iterator[Take]:
    """Each person rests, walks, fidgets, scribbles and handles things for so long."""
    for number in range(people):
        person = Person(2 * (seed + number) + 1)
        yield Take(_stream(person, other_motions(person, seconds)), NONE, "idle", f"idle-{number}")


def _stream(person: Person, scenes: Iterator[Scene]) -> Chunk:
    sensor = random_sensor(person)
    sensor.imu.bias[3:] *= CALIBRATED
    parts = [sensor.read(scene)[:2] for scene in scenes]
    return Chunk(np.concatenate([t for t, _ in parts]), np.concatenate([v for _, v in parts]))


def _blocks(lines: Sequence[DrawnLine], seed: int) -> Iterator[tuple[int, list[DrawnLine]]]:
    """The lines of one simulated hand, and its seed."""
    number = 0
    for _, group in groupby(lines, lambda drawn: drawn.group):
        mine = list(group)
        for k in range(0, len(mine), LINES_PER_PERSON):
            yield seed + number + k, mine[k : k + LINES_PER_PERSON]
        number += len(mine)


def _draw_block(block: tuple[int, list[DrawnLine]]) -> list[Chunk]:
    """Takes without the way back: for a 1 it is as long as the digit, and upside down."""
    seed, lines = block
    person = Person(2 * seed + 1)
    rng = person.rng
    imu = random_sensor(person).imu
    imu.bias[3:] *= rng.choice([CALIBRATED, 1.0])
    chunks = []
    for drawn in lines:
        signal = [
            person.sense(person.rest(rng.uniform(*REST))),
            person.sense(person.write(resample_evenly(drawn.line, POINT_SPACING))),
            person.sense(person.rest(rng.uniform(*REST))),
        ]
        t, values, _ = Sensor(imu).read(Scene(np.concatenate(signal)))
        chunks.append(Chunk(t, values))
        person.sense(person.move_to(rng.normal(0, 0.02, 2)))
    return chunks
