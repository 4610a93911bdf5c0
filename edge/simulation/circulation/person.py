"""The constants of a person's circulation, in the units of physiology: mmHg, ml, s."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MEAN_PRESSURE = (62.0, 130.0)  # mmHg, lowest and highest


@dataclass(frozen=True)
class Person:
    heart_rate: float
    """Beats a minute."""
    stroke_volume: float
    """ml that the heart ejects in a beat."""
    resistance: float
    """Of all small vessels, mmHg s/ml."""
    compliance: float
    """Of the large arteries, ml/mmHg; it is small if they are stiff."""
    impedance: float
    """Of the aorta to the pulse, mmHg s/ml."""
    reflection: float
    """Share of the pulse that comes back from the small vessels."""
    reflection_delay: float
    """s"""
    transit_time: float
    """s from the aorta to the finger."""
    breaths: float
    """A minute."""
    variability: float
    """Of the interval between two beats, as a share."""
    drift: float
    """How much resistance and heart rate wander, as a share."""

    @property
    def mean_pressure(self) -> float:
        """mmHg"""
        return self.stroke_volume * self.heart_rate / 60 * self.resistance

    @classmethod
    def random(cls, rng: np.random.Generator) -> Person:
        """A random person whose mean pressure is in the usual range."""
        while True:
            person = cls._drawn(rng)
            if MEAN_PRESSURE[0] <= person.mean_pressure <= MEAN_PRESSURE[1]:
                return person

    @classmethod
    def _drawn(cls, rng: np.random.Generator) -> Person:
        """Old people have stiffer arteries."""
        age = rng.uniform(0, 1)  # 0 young, 1 old
        stiffness = float(np.clip(age + rng.normal(0, 0.25), -0.2, 1.3))
        compliance = 2.0 * np.exp(-0.8 * stiffness)
        # The pulse travels faster in stiff arteries, so it comes back earlier and stronger.
        travel = np.exp(-0.45 * stiffness) * rng.uniform(0.9, 1.1)
        rate = rng.normal(74, 12)
        return cls(
            heart_rate=float(np.clip(rate, 45, 125)),
            stroke_volume=float(np.clip(rng.normal(72, 10) * (74 / rate) ** 0.4, 40, 110)),
            resistance=float(np.clip(rng.normal(0.95 + 0.2 * age, 0.16), 0.6, 1.8)),
            compliance=float(compliance),
            impedance=float(0.045 * np.exp(0.5 * stiffness) * rng.uniform(0.8, 1.2)),
            reflection=float(np.clip(0.15 + 0.25 * stiffness + rng.normal(0, 0.06), 0.05, 0.6)),
            reflection_delay=float(0.26 * travel),
            transit_time=float(0.22 * travel),
            breaths=float(rng.uniform(10, 20)),
            variability=float(rng.uniform(0.01, 0.05) * (1.3 - age)),
            drift=float(rng.uniform(0.02, 0.12)),
        )
