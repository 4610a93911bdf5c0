"""What electrodes add to an ECG: wander of the baseline, mains hum, muscles, and movements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WANDER_BAND = (0.05, 0.4)  # Hz, of the breath and of the skin
MOTION_BAND = (0.8, 10.0)  # Hz, of movements: the band of the waves of an ECG
MUSCLE_BAND = (15.0, 80.0)  # Hz
BURST = (0.5, 6.0)  # s that a movement takes: shortest, longest


@dataclass(frozen=True)
class NoiseLevels:
    """Standard deviations in mV, and how often there are bursts."""

    wander: float = 0.1
    hum: float = 0.01
    hum_hz: float = 50.0
    muscle: float = 0.01
    """All the time."""
    burst_muscle: float = 0.06
    """In a burst, in addition."""
    burst_motion: float = 0.12
    bursts_per_minute: float = 2.0


def electrode_noise(
    rng: np.random.Generator, count: int, rate: float, levels: NoiseLevels
) -> NDArray[np.float64]:
    """`count` samples of noise in mV, at `rate` Hz."""
    t = np.arange(count) / rate
    noise = levels.wander * band_noise(rng, count, rate, WANDER_BAND)
    noise += levels.hum * np.sqrt(2) * np.sin(2 * np.pi * levels.hum_hz * t + rng.uniform(0, 6))
    muscle = band_noise(rng, count, rate, MUSCLE_BAND)
    motion = band_noise(rng, count, rate, MOTION_BAND)
    noise += levels.muscle * muscle
    envelope = np.zeros(count)
    for _ in range(rng.poisson(levels.bursts_per_minute * count / rate / 60)):
        start, length = rng.integers(count), round(rng.uniform(*BURST) * rate)
        part = envelope[start : start + length]
        part += np.sin(np.pi * np.arange(len(part)) / length) * rng.exponential()
    return noise + envelope * (levels.burst_muscle * muscle + levels.burst_motion * motion)


def band_noise(
    rng: np.random.Generator, count: int, rate: float, band: tuple[float, float]
) -> NDArray[np.float64]:
    """Noise with the standard deviation 1, of frequencies inside a band in Hz."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    frequency = np.fft.rfftfreq(count, 1 / rate)
    inside = (frequency >= band[0]) & (frequency <= band[1])
    noise = np.fft.irfft(np.where(inside, spectrum, 0), count)
    deviation = float(noise.std())
    scaled: NDArray[np.float64] = noise / deviation if deviation > 0 else noise
    return scaled
