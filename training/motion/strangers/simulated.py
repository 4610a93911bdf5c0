"""Streams of simulated people of `--mock`: digits one after another, and other movements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.model.model import Model
from edge.samples import Chunk
from edge.simulation.ground_truth import Mark
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import draw_digits
from training.motion.people.idling import CALIBRATED, random_sensor
from training.motion.playback import play
from training.motion.strokes import DIGITS
from training.motion.takes import idle_takes

DIGIT_SEED, IDLE_SEED = 5_700_000, 6_100_000
PEOPLE = 50  # each draws all ten digits
IDLE_PEOPLE, IDLE_SECONDS = 300, 60.0
ANSWER_WITHIN = 0.6  # s after the end of a digit


@dataclass(frozen=True)
class StreamResult:
    """Detections that were not retracted, compared with what was drawn."""

    digits: int
    right: int
    extra: int
    """Detections without a digit."""
    latency_ms: float
    """The 95th percentile of all detections."""


def digits_of_new_people(model: Model, people: int = PEOPLE) -> StreamResult:
    """Each person is one stream: rest, digit, rest, way back, and so on."""
    right = extra = total = 0
    latencies: list[float] = []
    for number in range(people):
        chunk, marks = _stream(Person(2 * (DIGIT_SEED + number) + 1))
        answers = play(model, chunk, model.decision())
        latencies += [answer.latency_ms for answer in answers]
        left = list(answers)
        for mark in marks:
            total += 1
            in_time = [a for a in left if mark.start < a.t < mark.end + ANSWER_WITHIN]
            if in_time:
                left.remove(in_time[0])
                right += in_time[0].label == mark.label
        extra += len(left)
    return StreamResult(total, right, extra, float(np.percentile(latencies or [0.0], 95)))


def false_digits(model: Model, people: int = IDLE_PEOPLE) -> tuple[int, float]:
    """Digits detected while people rest, walk, fidget, scribble and handle things; and hours."""
    count, seconds = 0, 0.0
    for take in idle_takes(people, IDLE_SECONDS, IDLE_SEED):
        count += len(play(model, take.chunk, model.decision()))
        seconds += float(take.chunk.t[-1] - take.chunk.t[0])
    return count, seconds / 3600


def _stream(person: Person) -> tuple[Chunk, list[Mark]]:
    digits = person.rng.permutation(DIGITS)
    sensor = random_sensor(person)
    sensor.imu.bias[3:] *= CALIBRATED
    parts = [sensor.read(scene) for scene in draw_digits(person, digits)]
    t, values = (np.concatenate([part[k] for part in parts]) for k in range(2))
    return Chunk(t, values), [mark for part in parts for mark in part[2]]
