"""What hands do when they draw no digit: rest, scribble, fidget, walk, pick things up.

Each returns what the person's sensor feels, (n, 6), `STEP` apart, like `Person.feel`.
"""

from __future__ import annotations

import numpy as np

from edge.simulation.motion.hand import STEP, Track, minimum_jerk, smooth
from edge.simulation.motion.person import Felt, Person
from edge.simulation.motion.shapes import evenly


def idle(person: Person, seconds: float) -> Felt:
    """Nothing much: the hand rests, and now and then shifts a little."""
    parts = []
    while seconds > 0:
        pause = min(seconds, person.rng.uniform(1.0, 8.0))
        parts.append(person.feel(person.rest(pause)))
        seconds -= pause
        if seconds > 0 and person.rng.random() < 0.5:
            there = person.place + person.rng.normal(0, 0.02, 2)
            parts.append(person.feel(person.go(there)))
    return np.concatenate(parts)


def scribble(person: Person) -> Felt:
    """Lines that are no digit, drawn with the same hand: zigzags, coils, waves, doodles."""
    rng = person.rng
    forms = (_doodle, _zigzag, _coil, _line)
    form = forms[rng.integers(len(forms))](rng)
    return person.feel(person.write(evenly(form, 0.01) * np.exp(rng.normal(0, 0.25, 2))))


def fidget(person: Person, seconds: float) -> Felt:
    """Turning the thing over in the hand, shaking it, tapping with it."""
    rng = person.rng
    count = max(40, int(seconds / STEP))
    quickness = rng.uniform(0.04, 0.25) / STEP  # samples; small is a shake
    size = np.repeat([rng.uniform(0.002, 0.03), rng.uniform(0.05, 0.5)], 3)
    posture = smooth(rng.normal(0, 1, (count, 6)), quickness) * np.sqrt(quickness) * 1.9 * size
    return _away_and_back(person, posture)


def walk(person: Person, seconds: float) -> Felt:
    """Steps shake the body up and down, and the arm swings with every second step."""
    rng = person.rng
    t = np.arange(0, seconds, STEP)
    cadence = rng.uniform(1.6, 2.2)  # steps a second
    phase = 2 * np.pi * cadence * t + 0.3 * smooth(rng.normal(0, 1, len(t)), 60) * 8
    swing = rng.uniform(0.02, 0.6)  # rad; holding something still, or a swinging arm
    step_size = rng.uniform(0.01, 0.03)
    posture = np.zeros((len(t), 6))
    posture[:, 0] = 0.02 * np.sin(phase / 2 + rng.uniform(0, 6))
    posture[:, 1] = 0.6 * swing * np.sin(phase / 2) + 0.01 * np.sin(phase)
    posture[:, 2] = step_size * np.sin(phase) + 0.15 * step_size * np.sin(2 * phase + 1)
    posture[:, 3] = 0.3 * swing * np.sin(phase / 2 + rng.uniform(0, 6))
    posture[:, 4] = swing * np.sin(phase / 2)
    posture[:, 5] = 0.3 * swing * np.sin(phase / 2 + rng.uniform(0, 6))
    return _away_and_back(person, posture)


def put_down_and_pick_up(person: Person) -> Felt:
    """The sensor is turned and carried off, lies, and comes back."""
    rng = person.rng
    there = np.concatenate([rng.normal(0, 0.25, 3), rng.normal(0, 0.9, 3)])
    parts = []
    for way in (minimum_jerk, lambda u: 1 - minimum_jerk(u)):
        u = np.linspace(0, 1, int(rng.uniform(0.5, 1.5) / STEP))
        parts.append(way(u))
        parts.append(np.full(int(rng.uniform(0.4, 2.5) / STEP), parts[-1][-1]))
    return _in_place(person, np.concatenate(parts)[:, None] * there)


def _away_and_back(person: Person, posture: Felt) -> Felt:
    """Fade a movement in and out, so that it starts and ends where the hand is."""
    ramp = int(0.4 / STEP)
    u = np.minimum(np.arange(len(posture)), np.arange(len(posture))[::-1]) / ramp
    return _in_place(person, posture * minimum_jerk(np.clip(u, 0, 1))[:, None])


def _in_place(person: Person, offset: Felt) -> Felt:
    return person.feel_posture(np.repeat(person.place[None], len(offset), axis=0), offset)


def _doodle(rng: np.random.Generator) -> Track:
    """Longer than any digit: four points at random are a 7 or a 0 now and then."""
    points = rng.uniform(0, 1, (int(rng.integers(7, 15)), 2)) * [0.8, 1.0]
    return smooth(np.repeat(points, 20, axis=0), 8.0)


def _zigzag(rng: np.random.Generator) -> Track:
    count = int(rng.integers(6, 12))
    points = np.stack([np.linspace(0, 1, count), np.arange(count) % 2 * 0.6], axis=1)
    points = points[:, ::-1] if rng.random() < 0.4 else points
    return points if rng.random() < 0.5 else smooth(np.repeat(points, 20, axis=0), 6.0)


def _coil(rng: np.random.Generator) -> Track:
    """More than two turns: one would be a zero."""
    turn = np.linspace(0, 2 * np.pi * rng.uniform(2.3, 4.5), 120) * rng.choice([-1, 1])
    drift = np.linspace(0, rng.uniform(0, 1.2), 120)
    radius = 0.4 * np.linspace(1, rng.uniform(0.4, 1.6), 120)
    return np.stack([radius * np.cos(turn) + drift, radius * np.sin(turn)], axis=1)


def _line(rng: np.random.Generator) -> Track:
    """A straight or bowed line; downward would be a one, so it goes any other way."""
    angle = rng.uniform(-np.pi / 5, np.pi * 6 / 5)
    u = np.linspace(0, 1, 40)
    bow = rng.normal(0, 0.15) * np.sin(np.pi * u)
    along = np.array([np.cos(angle), np.sin(angle)])
    return u[:, None] * along + bow[:, None] * along[::-1] * [-1, 1]
