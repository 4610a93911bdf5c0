"""A simulated heart: the ECG of normal and abnormal beats, as a sum of Gaussian curves.

Each wave of a beat (P, Q, R, S, T) is one Gaussian, after the dynamical model ECGSYN of McSharry
and others (2003). The labels are the five classes of AAMI EC57.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.simulation.ecg.noise import NoiseLevels, electrode_noise
from edge.simulation.ground_truth import Mark

LABELS = ("N", "S", "V", "F", "Q")
SHARES = (0.86, 0.04, 0.06, 0.02, 0.02)  # of random beats
FIRST_BEATS = 8  # random beats begin with so many normal ones
LEAD_IN = 1.0  # s before the first beat
LEAD_OUT = 1.5  # s after the last beat
MARK = 0.1  # s around the R peak in which a detection belongs to the beat

Waves = tuple[tuple[float, float, float], ...]
"""Height in mV, middle in s after the R peak, and width (standard deviation) in s of each wave."""


@dataclass(frozen=True)
class BeatKind:
    waves: Waves
    interval: float
    """From the beat before, as a share of the normal interval."""
    pause: float
    """To the next normal beat, likewise."""


class Heart:
    """The heart of one simulated patient. The same seed gives the same heart and the same beats."""

    def __init__(self, seed: int) -> None:
        rng = self._rng = np.random.default_rng(seed)
        self.interval = rng.uniform(0.7, 1.05)  # s
        r, s, t, p = rng.uniform((0.8, -0.35, 0.15, 0.08), (1.6, -0.1, 0.4, 0.2))
        narrow = rng.uniform(0.010, 0.014)  # s
        wide = rng.uniform(0.030, 0.042)
        t_wave = (t, 0.27, 0.05)
        qrs: Waves = ((-0.12, -0.028, narrow), (r, 0.0, narrow), (s, 0.03, narrow))
        normal: Waves = ((p, -0.16, 0.022), *qrs, t_wave)
        big, direction = rng.uniform(1.2, 1.8), rng.choice((-1.0, 1.0))
        ventricular: Waves = (
            (direction * big, 0.0, wide),
            (-direction * 0.5 * big, 0.09, wide),
            (-direction * 0.4, 0.32, 0.06),
        )
        halves = [(height / 2, *rest) for height, *rest in (*normal, *ventricular)]
        paced: Waves = (
            (2.0, -0.075, 0.003),  # the impulse of the pacemaker
            (-0.9 * big, 0.0, 1.2 * wide),
            (0.3, 0.10, wide),
            (0.4, 0.34, 0.06),
        )
        self.kinds = {
            "N": BeatKind(normal, 1.0, 1.0),
            "S": BeatKind(((-0.5 * p, -0.12, 0.02), *qrs, t_wave), 0.62, 1.1),
            "V": BeatKind(ventricular, 0.6, 1.4),
            "F": BeatKind(tuple((h, m, w) for h, m, w in halves), 0.92, 1.08),
            "Q": BeatKind(paced, 1.0, 1.0),
        }

    def random_labels(self) -> Iterator[str]:
        """Labels without end: mostly N."""
        yield from "N" * FIRST_BEATS
        while True:
            yield str(self._rng.choice(LABELS, p=SHARES))

    def beats(self, labels: Iterable[str], start: float) -> Iterator[Mark]:
        """When the heart beats: the times of `labels`, around their R peaks, from `start` s on."""
        t, pause = start, 1.0
        for label in labels:
            breath = 0.03 * np.sin(2 * np.pi * t / 4)
            share = min(pause, self.kinds[label].interval) if pause <= 1 else pause
            t += self.interval * share * (1 + breath + self._rng.normal(0, 0.01))
            pause = self.kinds[label].pause
            yield Mark(label, t - MARK, t + MARK)

    def signal(self, t: NDArray[np.float64], beats: Iterable[Mark]) -> NDArray[np.float64]:
        """The ECG in mV without noise at the times `t`, of these beats."""
        ecg = np.zeros(len(t))
        for beat in beats:
            middle = (beat.start + beat.end) / 2
            for height, offset, width in self.kinds[beat.label].waves:
                ecg += height * np.exp(-(((t - middle - offset) / width) ** 2) / 2)
        return ecg


def record(
    heart: Heart, labels: Iterable[str], rate: float, levels: NoiseLevels, seed: int
) -> tuple[NDArray[np.float64], list[Mark]]:
    """The ECG in mV of these beats with the noise of electrodes, and its beats."""
    beats = list(heart.beats(labels, LEAD_IN))
    t = np.arange(round((beats[-1].end + LEAD_OUT) * rate)) / rate
    noise = electrode_noise(np.random.default_rng(seed), len(t), rate, levels)
    return heart.signal(t, beats) + noise, beats
