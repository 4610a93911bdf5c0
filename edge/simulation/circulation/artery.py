"""The pressure in an artery, beat by beat: a Windkessel of three elements with a reflected wave.

The heart ejects blood into the elastic arteries (compliance), which it leaves through the small
vessels (resistance). The aorta opposes the pulse (impedance), and a part of the pulse comes back
from the small vessels after some time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.simulation.circulation.person import Person

RATE = 125.0  # Hz, as monitors in hospitals sample both signals
SYSTOLE = 0.33  # s that an ejection takes at 60 beats a minute; it is shorter if the heart is fast
BACKFLOW = 0.06  # of the largest flow, while the valve closes ...
VALVE = 0.04  # ... for so many seconds
SETTLING = 12  # beats that are left out, until the pressure is in balance
BREATH_SHARE = 0.4  # of the variability of beats, which follows the breath
MEAN_BEATS = 8.0  # over which the mean pressure is taken that no wave reflects
RETURN = 0.02  # share of a wander that is lost in each beat

Signal = NDArray[np.float64]


def beats(person: Person, rng: np.random.Generator) -> Iterator[Signal]:
    """The pressure in mmHg of one beat after the other, without end, at RATE."""
    mean = person.mean_pressure
    stored = mean  # pressure in the elastic arteries
    history = np.full(round(RATE), mean)  # the pressure without reflection
    t, wander = 0.0, np.zeros(2)
    for number in itertools.count():
        wander += -RETURN * wander + person.drift * np.sqrt(2 * RETURN) * rng.normal(size=2)
        breath = np.sin(2 * np.pi * person.breaths / 60 * t)
        swing = person.variability * (BREATH_SHARE * breath + rng.normal(0, 0.6))
        interval = 60 / person.heart_rate * np.exp(-0.5 * wander[0]) * (1 + swing)
        count = max(round(0.3 * RATE), round(interval * RATE))
        resistance = person.resistance * np.exp(wander[1])
        stroke = person.stroke_volume * (1 + 0.04 * breath + rng.normal(0, 0.01))
        flow = ejection(count, stroke)
        inside = _windkessel(flow, stored, resistance, person.compliance)
        stored = float(inside[-1])
        history = np.concatenate([history[-round(RATE) :], inside + person.impedance * flow])
        mean += (float(history[-count:].mean()) - mean) / MEAN_BEATS
        pressure = _reflected(history, count, mean, person)
        t += count / RATE
        if number >= SETTLING:
            yield pressure


def ejection(count: int, stroke: float) -> Signal:
    """The flow in ml/s of a beat of `count` samples: it rises fast, and the valve closes."""
    t = np.arange(count) / RATE
    length = min(SYSTOLE * np.sqrt(count / RATE), 0.6 * count / RATE)
    x = np.clip(t / length, 0, 1)
    flow = np.sin(np.pi * x**0.75)
    closing = (t >= length) & (t < length + VALVE)
    flow = np.where(t < length, flow, -BACKFLOW * closing)
    shaped: Signal = flow * stroke / (flow.sum() / RATE)
    return shaped


def _windkessel(flow: Signal, stored: float, resistance: float, compliance: float) -> Signal:
    """The pressure that the flow builds up in the elastic arteries, from `stored` on."""
    # p[n] = decay * p[n - 1] + flow[n] / (rate * compliance), solved for all n at once.
    powers = np.exp(-np.arange(1, len(flow) + 1) / (RATE * resistance * compliance))
    pressure: Signal = powers * (stored + np.cumsum(flow / (RATE * compliance) / powers))
    return pressure


def _reflected(history: Signal, count: int, mean: float, person: Person) -> Signal:
    """The last `count` values with the wave that comes back."""
    delay = round(person.reflection_delay * RATE)
    forward = history[len(history) - count :] - mean
    back = history[len(history) - count - delay : len(history) - delay] - mean
    return mean + (forward + person.reflection * back) / (1 + 0.5 * person.reflection)
