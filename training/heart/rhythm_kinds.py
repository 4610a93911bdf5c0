"""Kinds of rhythms in which hearts beat, as endless intervals with labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Beat = tuple[float, str]
"""The interval before a beat in s, and its label."""


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
    """Atrial beats that follow one another fast, for seconds or minutes, and pauses after them."""
    share, noise = rng.uniform(0.45, 0.85), rng.uniform(0.01, 0.05)
    is_long, slow_start = rng.random() < 0.4, rng.choice((0.0, 0.0, 0.15))
    pause = rng.choice((1.3, 2.5))
    while True:
        for _ in range(int(rng.integers(1, 30))):
            yield usual, "N"
        most = 120 if is_long and rng.random() < 0.4 else 25
        for number in range(int(rng.integers(2, most))):
            warm = share * (1 + slow_start * np.exp(-number / 3))
            yield usual * np.clip(warm + rng.normal(0, noise), 0.3, 0.95), "S"
        yield usual * rng.uniform(1.0, pause), "N"


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
        target = rng.uniform(0.68, 1.4)
        steps = int(rng.integers(2, 30))
        for _ in range(steps):
            rate += (target - rate) / steps * 2
            yield usual * rate, "N"


def breathing(rng: np.random.Generator, usual: float) -> Iterator[Beat]:
    """A normal rhythm that the breath changes much, with or without some early atrial beats."""
    swing, period = rng.uniform(0.08, 0.3), rng.uniform(3, 8)
    chance, share = rng.choice((0.0, 0.03)), rng.uniform(0.5, 0.75)
    number = 0
    while True:
        number += 1
        if rng.random() < chance:
            yield usual * share, "S"
        yield usual * (1 + swing * np.sin(2 * np.pi * number / period) + rng.normal(0, 0.04)), "N"


KINDS: tuple[Callable[[np.random.Generator, float], Iterator[Beat]], ...] = (
    early_beats,
    alternating,
    fast_runs,
    groups,
    fibrillation,
    fibrillation,
    blocked,
    changing_rate,
    breathing,
)
