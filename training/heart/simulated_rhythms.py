"""Simulated rhythms: the intervals of many more patients than a database has.

A few dozen patients show only some of the rhythms in which hearts beat, and a network then confuses
a rhythm that it has not seen, such as atrial fibrillation, with early beats. Only intervals are
simulated; the shapes of beats are real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from edge.features.beats.rhythm import Rhythm

BEATS = 160  # of each simulated patient
FIRST = 16  # beats that only set up the averages
SHORTEST = 0.25  # s between two beats

Beat = tuple[float, str]
"""The interval before a beat in s, and its label."""


@dataclass
class SimulatedRhythm:
    """The rhythm of one simulated patient."""

    labels: list[str] = field(default_factory=list)
    values: list[dict[str, float]] = field(default_factory=list)
    is_fibrillation: bool = False
    """Whether the atria flutter, so that there are no P waves."""


def simulate(rng: np.random.Generator) -> SimulatedRhythm:
    """A patient with a random kind of rhythm."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    beats = kind(rng, float(rng.uniform(0.55, 1.2)))
    coming = [next(beats) for _ in range(BEATS + 1)]
    # The breath changes the rate, and no heart is a clock.
    swing, noise = rng.uniform(0.0, 0.06), rng.uniform(0.005, 0.03)
    t, rhythm, found = 0.0, Rhythm(), SimulatedRhythm(is_fibrillation=kind is fibrillation)
    intervals = []
    for interval, _ in coming:
        factor = 1 + swing * np.sin(2 * np.pi * t / 4) + rng.normal(0, noise)
        intervals.append(max(SHORTEST, float(interval * factor)))
        t += intervals[-1]
    for k, (_, label) in enumerate(coming[:-1]):
        values = rhythm.add(intervals[k], intervals[k + 1])
        if k >= FIRST:
            found.labels.append(label)
            found.values.append(values)
    return found


def early_beats(rng: np.random.Generator, usual: float) -> Iterator[Beat]:
    """A sinus rhythm with early atrial and ventricular beats, alone and in short runs."""
    chances = rng.dirichlet((1, 1)) * rng.uniform(0.02, 0.3)
    early = {"S": rng.uniform(0.5, 0.85), "V": rng.uniform(0.4, 0.85)}
    run = rng.choice((0.0, 0.0, 0.5))  # chance that another early beat follows
    while True:
        label = str(rng.choice(("S", "V", "N"), p=(*chances, 1 - chances.sum())))
        if label == "N":
            yield usual, "N"
            continue
        share = np.clip(early[label] + rng.normal(0, 0.04), 0.35, 0.9)
        yield usual * share, label
        while rng.random() < run:
            yield usual * np.clip(share + rng.normal(0, 0.04), 0.35, 0.9), label
        # After a ventricular beat the sinus keeps its time; an atrial beat sets it anew.
        full = 2 - share if label == "V" else 1.0
        yield usual * rng.uniform(min(1.0, full), max(1.15, full)), "N"


def alternating(rng: np.random.Generator, usual: float) -> Iterator[Beat]:
    """Every second or third beat is an early one, for some time."""
    label = str(rng.choice(("S", "V")))
    share, every = rng.uniform(0.4, 0.8), int(rng.integers(1, 4))
    while True:
        for _ in range(int(rng.integers(2, 20))):
            yield usual, "N"
        for _ in range(int(rng.integers(3, 20))):
            yield usual * share, label
            yield usual * rng.uniform(1.0, 2 - share), "N"
            for _ in range(every - 1):
                yield usual, "N"


def fast_runs(rng: np.random.Generator, usual: float) -> Iterator[Beat]:
    """Atrial beats that follow one another fast, and pauses after them."""
    share = rng.uniform(0.45, 0.8)
    while True:
        for _ in range(int(rng.integers(1, 30))):
            yield usual, "N"
        for _ in range(int(rng.integers(2, 30))):
            yield usual * np.clip(share + rng.normal(0, 0.04), 0.35, 0.9), "S"
        yield usual * rng.uniform(1.0, 2.5), "N"


def groups(rng: np.random.Generator, usual: float) -> Iterator[Beat]:
    """A slow sinus, after each of whose beats a few atrial beats follow, as in a sick sinus."""
    share, most = rng.uniform(0.4, 0.75), int(rng.integers(2, 8))
    while True:
        yield usual * rng.uniform(0.95, 1.5), "N"
        for _ in range(int(rng.integers(1, most))):
            yield usual * np.clip(share + rng.normal(0, 0.05), 0.3, 0.9), "S"


def fibrillation(rng: np.random.Generator, usual: float) -> Iterator[Beat]:
    """Intervals without any order, and some ventricular beats."""
    spread, ventricular = rng.uniform(0.1, 0.32), rng.choice((0.0, 0.05))
    while True:
        label = "V" if rng.random() < ventricular else "N"
        yield usual * np.exp(rng.normal(0, spread)) * (0.7 if label == "V" else 1.0), label


def blocked(rng: np.random.Generator, usual: float) -> Iterator[Beat]:
    """A block between atria and ventricles: some beats, or every second one, are missing."""
    chance = rng.uniform(0.02, 0.4)
    while True:
        for _ in range(int(rng.integers(3, 30))):
            yield usual * (2 if rng.random() < chance else 1), "N"
        for _ in range(int(rng.integers(0, 30))):
            yield usual * 2, "N"


def changing_rate(rng: np.random.Generator, usual: float) -> Iterator[Beat]:
    """A normal rhythm whose rate changes, slowly or in a few beats."""
    rate = 1.0
    while True:
        target = rng.uniform(0.75, 1.35)
        steps = int(rng.integers(2, 30))
        for _ in range(steps):
            rate += (target - rate) / steps * 2
            yield usual * rate, "N"


KINDS: tuple[Callable[[np.random.Generator, float], Iterator[Beat]], ...] = (
    early_beats,
    alternating,
    fast_runs,
    groups,
    fibrillation,
    blocked,
    changing_rate,
)
