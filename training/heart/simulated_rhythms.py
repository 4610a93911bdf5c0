"""Simulated rhythms: the intervals of many more patients than a database has.

A few dozen patients show only some of the rhythms in which hearts beat, and a network then confuses
a rhythm that it has not seen, such as atrial fibrillation, with early beats. Only intervals are
simulated; the shapes of beats are real.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from edge.features.beats.rhythm import Rhythm
from training.heart.rhythm_kinds import KINDS, fibrillation

BEATS = 216  # of each simulated patient
FIRST = 16  # beats that only set up the averages
SHORTEST = 0.25  # s between two beats


@dataclass
class SimulatedRhythm:
    """The rhythm of one simulated patient."""

    labels: list[str] = field(default_factory=list)
    values: list[dict[str, float]] = field(default_factory=list)
    is_fibrillation: bool = False
    """Whether the atria flutter, so that there are no P waves."""


@cache
def simulate_patients(seed: int, count: int) -> tuple[SimulatedRhythm, ...]:
    """So many patients; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    return tuple(simulate(rng) for _ in range(count))


def simulate(rng: np.random.Generator) -> SimulatedRhythm:
    """A patient with a random kind of rhythm."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    beats = kind(rng, float(rng.uniform(0.5, 1.2)))
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
