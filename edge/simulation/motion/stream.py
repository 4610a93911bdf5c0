"""An endless stream of what people do with the sensor, and the truth about it.

`Performance` plays one script after another, each by one person, without a seam: what is felt, and
marks that say when which digit was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from edge.simulation.ground_truth import Mark
from edge.simulation.motion import other_motion
from edge.simulation.motion.arm import SETTLE
from edge.simulation.motion.hand import STEP, Track
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person


@dataclass(frozen=True)
class Scene:
    """A stretch of true motion of one person, `STEP` apart, and the digits in it."""

    felt: NDArray[np.float64]
    marks: tuple[Mark, ...] = ()


def draw_digits(person: Person, digits: Iterable[str]) -> Iterator[Scene]:
    """Digit after digit, the way people do."""
    for digit in digits:
        yield take(person, digit, partial(person.draw, digit))


def take(
    person: Person, label: str, draw: Callable[[], Track], held: tuple[float, float] = (0.3, 0.8)
) -> Scene:
    """Settle, draw something, hold for some seconds, and go back for the next."""
    rng = person.rng
    home = np.zeros(2)
    before = person.feel(person.rest(rng.uniform(0.3, 0.8)))
    drawn = person.feel(draw())
    after = person.feel(person.rest(rng.uniform(*held)))
    back = person.feel(person.go(home + rng.normal(0, 0.02, 2)))
    start = len(before) * STEP
    mark = Mark(label, start + SETTLE, start + len(drawn) * STEP - SETTLE)
    return Scene(np.concatenate([before, drawn, after, back]), (mark,))


def pass_time(person: Person, seconds: float) -> Iterator[Scene]:
    """Everything but digits: rest, walks, fidgeting and scribbles in turns."""
    rng = person.rng
    while seconds > 0:
        what = rng.choice(["idle", "walk", "fidget", "scribble", "handle"])
        if what == "idle":
            felt = other_motion.idle(person, rng.uniform(2, 10))
        elif what == "walk":
            felt = other_motion.walk(person, rng.uniform(2, 15))
        elif what == "fidget":
            felt = other_motion.fidget(person, rng.uniform(0.5, 6))
        elif what == "scribble":
            felt = other_motion.scribble(person)
        else:
            felt = other_motion.put_down_and_pick_up(person)
        pause = person.feel(person.rest(rng.uniform(0.3, 1.5)))
        back = person.feel(person.go(np.zeros(2)))
        scene = Scene(np.concatenate([felt, pause, back]))
        seconds -= len(scene.felt) * STEP
        yield scene


class Sensor:
    """Reads scenes with one IMU at its own rate; time goes on from scene to scene."""

    def __init__(self, imu: Imu) -> None:
        self.imu = imu
        self.elapsed = 0.0  # true seconds played
        self.count = 0  # samples read
        self._last = np.zeros((0, 6))

    def read(self, scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float32], list[Mark]]:
        """Sample times, readings and marks, all in seconds of the stream."""
        felt = np.concatenate([self._last, scene.felt])
        begin = self.elapsed - len(self._last) * STEP
        t_felt = begin + np.arange(len(felt)) * STEP
        last = int(np.floor(t_felt[-1] * self.imu.rate))
        t = np.arange(self.count, last + 1) / self.imu.rate
        truth = np.stack([np.interp(t, t_felt, column) for column in felt.T], axis=1)
        marks = [Mark(m.label, m.start + self.elapsed, m.end + self.elapsed) for m in scene.marks]
        self.count = last + 1
        self.elapsed += len(scene.felt) * STEP
        self._last = felt[-2:]
        return t, self.imu.read(truth), marks
