"""The photoplethysmogram (PPG): how much light a finger absorbs, as a sensor shows it.

The volume of blood in the finger follows the pressure, later, smoother and not in proportion. What
the sensor makes of it depends on how it touches the skin, so its size says little about the
pressure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.simulation.circulation.artery import RATE, Signal, beats
from edge.simulation.circulation.person import Person
from edge.simulation.ecg.noise import band_noise

BLOCK = 1250  # samples that are made at once: 10 s
BEFORE = 125  # samples of the pressure before a block that it depends on
MOTION_BAND = (0.3, 6.0)  # Hz, of movements
SENSOR_BAND = (8.0, 40.0)  # Hz, of the noise of the sensor
FLAT_NOISE = 0.002  # of a sensor that is not on a finger


@dataclass(frozen=True)
class Contact:
    """How the sensor touches the finger. Sizes are in units of the pulse."""

    gain: float = 1.0
    baseline: float = 2.0
    breath: float = 0.1
    """The baseline moves with the breath."""
    noise: float = 0.01
    movements_a_minute: float = 0.5
    lifted: float = 0.0
    """Share of the time without contact."""
    smoothing: float = 0.05
    """s, time constant of the small vessels of the finger."""
    softest: float = 70.0
    """mmHg at which the vessels of the finger are softest."""
    width: float = 45.0
    """mmHg around it in which they fill."""

    @classmethod
    def random(cls, rng: np.random.Generator) -> Contact:
        return cls(
            gain=float(np.exp(rng.normal(0, 0.5))),
            baseline=float(rng.uniform(0.5, 3)),
            breath=float(rng.uniform(0.02, 0.3)),
            noise=float(rng.uniform(0.003, 0.03)),
            movements_a_minute=float(rng.uniform(0, 1.5)),
            smoothing=float(rng.uniform(0.03, 0.07)),
            softest=float(rng.uniform(55, 85)),
            width=float(rng.uniform(35, 60)),
        )


def blocks(
    person: Person, contact: Contact, rng: np.random.Generator
) -> Iterator[tuple[Signal, Signal]]:
    """Pressure in mmHg and PPG, in blocks of BLOCK samples at RATE, without end."""
    coming, pressure = beats(person, rng), np.empty(0)
    delay = round(person.transit_time * RATE)
    start = 0
    while True:
        while len(pressure) < BEFORE + BLOCK:
            pressure = np.concatenate([pressure, next(coming)])
        part, pressure = pressure[: BEFORE + BLOCK], pressure[BLOCK:]
        late = part[: len(part) - delay]
        volume = 1 / (1 + np.exp(-(late - contact.softest) / contact.width * 2))
        absorbed = _smoothed(volume, contact.smoothing)[-BLOCK:]
        yield part[BEFORE:], _sensor(4 * absorbed, start / RATE, person, contact, rng)
        start += BLOCK


def record(seed: int, seconds: float, contact: Contact | None = None) -> tuple[Signal, Signal]:
    """Pressure and PPG of one person for some time; the same seed gives the same person."""
    rng = np.random.default_rng(seed)
    person = Person.random(rng)
    touching = contact or Contact.random(rng)
    count = round(seconds * RATE)
    parts: list[tuple[Signal, Signal]] = []
    for part in blocks(person, touching, rng):
        parts.append(part)
        if len(parts) * BLOCK >= count:
            break
    pressure, ppg = (np.concatenate(signals)[:count] for signals in zip(*parts, strict=True))
    return pressure, ppg


def _smoothed(volume: Signal, seconds: float) -> Signal:
    """A filter of first order, as a sum of the values before."""
    weights = np.exp(-np.arange(BEFORE // 2) / (seconds * RATE))
    smooth: Signal = np.convolve(volume, weights / weights.sum(), mode="full")[: len(volume)]
    return smooth


def _sensor(
    pulse: NDArray[np.float64],
    start: float,
    person: Person,
    contact: Contact,
    rng: np.random.Generator,
) -> Signal:
    """What a sensor shows of a block of the pulse that begins at `start` s."""
    count = len(pulse)
    t = start + np.arange(count) / RATE
    breath = contact.breath * np.sin(2 * np.pi * person.breaths / 60 * t)
    shown = contact.baseline + pulse + breath
    shown += contact.noise * band_noise(rng, count, RATE, SENSOR_BAND)
    for _ in range(rng.poisson(contact.movements_a_minute * count / RATE / 60)):
        begin, length = rng.integers(count), round(rng.uniform(0.5, 3) * RATE)
        part = shown[begin : begin + length]
        window = np.sin(np.pi * np.arange(len(part)) / length)
        part += (
            rng.exponential(0.6) * window * band_noise(rng, length, RATE, MOTION_BAND)[: len(part)]
        )
    if rng.random() < contact.lifted:
        shown = contact.baseline + FLAT_NOISE * rng.normal(size=count)
    return contact.gain * shown
