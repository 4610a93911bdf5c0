"""Scenes of people who use the sensor, and a sensor that reads one scene after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from edge.simulation.ground_truth import Mark
from edge.simulation.motion import other_motion
from edge.simulation.motion.arm import SETTLE
from edge.simulation.motion.hand import STEP, Trajectory
from edge.simulation.motion.imu import Imu, Signal
from edge.simulation.motion.person import Person

REST_AFTER_DIGIT = (0.3, 0.8)  # s, least and most


@dataclass(frozen=True)
class Scene:
    """Some seconds of the ideal signal of one person's sensor, and the digits in it."""

    signal: Signal
    marks: tuple[Mark, ...] = ()
    """Times are in seconds since the beginning of the scene."""


def draw_digits(person: Person, digits: Iterable[str]) -> Iterator[Scene]:
    """One scene for each digit."""
    for digit in digits:
        yield take(person, digit, partial(person.draw, digit))


def take(
    person: Person,
    label: str,
    draw: Callable[[], Trajectory],
    rest_after: tuple[float, float] = REST_AFTER_DIGIT,
) -> Scene:
    """Rest, draw something, rest again, and move back to the starting position.

    `rest_after` is the least and the most seconds of the second rest.
    """
    rng = person.rng
    home = np.zeros(2)
    before = person.sense(person.rest(rng.uniform(0.3, 0.8)))
    drawn = person.sense(draw())
    after = person.sense(person.rest(rng.uniform(*rest_after)))
    back = person.sense(person.move_to(home + rng.normal(0, 0.02, 2)))
    start = len(before) * STEP
    mark = Mark(label, start + SETTLE, start + len(drawn) * STEP - SETTLE)
    return Scene(np.concatenate([before, drawn, after, back]), (mark,))


def other_motions(person: Person, seconds: float) -> Iterator[Scene]:
    """Anything but digits, in random order: rest, walking, fidgeting, scribbling, handling."""
    rng = person.rng
    while seconds > 0:
        kind = rng.choice(["idle", "walk", "fidget", "scribble", "handle"])
        if kind == "idle":
            motion = other_motion.idle(person, rng.uniform(2, 10))
        elif kind == "walk":
            motion = other_motion.walk(person, rng.uniform(2, 15))
        elif kind == "fidget":
            motion = other_motion.fidget(person, rng.uniform(0.5, 6))
        elif kind == "scribble":
            motion = other_motion.scribble(person)
        else:
            motion = other_motion.put_down_and_pick_up(person)
        pause = person.sense(person.rest(rng.uniform(0.3, 1.5)))
        back = person.sense(person.move_to(np.zeros(2)))
        scene = Scene(np.concatenate([motion, pause, back]))
        seconds -= len(scene.signal) * STEP
        yield scene


class Sensor:
    """Reads scenes with one IMU at its own rate; time continues from scene to scene."""

    def __init__(self, imu: Imu) -> None:
        self.imu = imu
        self.elapsed = 0.0  # seconds of scenes read
        self.count = 0  # samples read
        self._last = np.zeros((0, 6))

    def read(self, scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float32], list[Mark]]:
        """Sample times, readings and marks, with all times in seconds of the stream."""
        signal = np.concatenate([self._last, scene.signal])
        begin = self.elapsed - len(self._last) * STEP
        signal_t = begin + np.arange(len(signal)) * STEP
        last = int(np.floor(signal_t[-1] * self.imu.rate))
        t = np.arange(self.count, last + 1) / self.imu.rate
        sampled = np.stack([np.interp(t, signal_t, column) for column in signal.T], axis=1)
        marks = [Mark(m.label, m.start + self.elapsed, m.end + self.elapsed) for m in scene.marks]
        self.count = last + 1
        self.elapsed += len(scene.signal) * STEP
        self._last = signal[-2:]
        return t, self.imu.read(sampled), marks
