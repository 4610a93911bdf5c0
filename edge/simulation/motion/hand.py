"""A person who draws digits in the air: their forms, size, speed, slant and tremor.

`Hand(seed)` is one person: everything about them follows from the seed. Each take differs a
little, as takes do. What a hand draws is a track: positions in the plane of writing, in metres,
`STEP` seconds apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.shapes import FORMS, evenly, polyline

STEP = 0.005  # s; fine enough for the fastest corner, and twice the sensor's rate
POINT_SPACING = 0.01  # of the digit's height
LONGEST = 5.0  # s; the slowest writer takes no longer

Track = NDArray[np.float64]


class Hand:
    def __init__(self, seed: int | np.random.SeedSequence) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.forms = {
            digit: [forms[k][1] for k in _favourites(forms, rng)] for digit, forms in FORMS.items()
        }
        self.height = float(np.exp(rng.uniform(np.log(0.12), np.log(0.9))))  # m
        self.width = float(np.exp(rng.normal(0.0, 0.18)))
        self.slant = float(rng.normal(0.08, 0.14))
        self.tilt = float(rng.normal(0.0, 0.08))  # rad, the whole digit turned
        self.speed = float(np.exp(rng.uniform(np.log(1.0), np.log(4.0))))  # heights a second
        self.corner_care = float(
            rng.uniform(0.2, 0.45)
        )  # exponent of how a bend slows the hand; 1/3
        self.roundness = float(rng.uniform(0.015, 0.05))  # s, how much corners are cut
        self.dwell = float(rng.uniform(0.0, 0.08))  # s, stop at a corner where the pen would lift
        self.bend = {digit: _Bend(rng, 0.05) for digit in FORMS}

    def draw(self, digit: str) -> Track:
        """One take of a digit, from rest to rest."""
        forms = self.forms[digit]
        form = forms[0] if len(forms) == 1 or self.rng.random() < 0.85 else forms[1]
        line = polyline(form, POINT_SPACING) - [0.3, 0.5]
        return self.write(line + self.bend[digit](line))

    def write(self, line: Track) -> Track:
        """Any line one high, in this person's size, slant and pace, as they would this time."""
        rng = self.rng
        line = line + _Bend(rng, 0.025)(line)
        slant = self.slant + rng.normal(0, 0.05)
        tilt = self.tilt + rng.normal(0, 0.05)
        height = self.height * np.exp(rng.normal(0, 0.1))
        width = self.width * np.exp(rng.normal(0, 0.08))
        shear = np.array([[width, slant], [0.0, 1.0]])
        turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        line = line @ (turn @ shear).T
        return self._paced(line, self.speed * np.exp(rng.normal(0, 0.12))) * height

    def move(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> Track:
        """Unhurried move between two places: minimum jerk, a slight bow."""
        distance = float(np.linalg.norm(end - start))
        duration = (0.5 + 2.5 * distance) * float(np.exp(self.rng.normal(0, 0.2)))
        u = np.linspace(0, 1, max(4, int(duration / STEP)))
        s = minimum_jerk(u)
        across = np.array([start[1] - end[1], end[0] - start[0]])
        bow = self.rng.normal(0, 0.08)
        return start + s[:, None] * (end - start) + (bow * np.sin(np.pi * s))[:, None] * across

    def _paced(self, line: Track, speed: float) -> Track:
        """Run along a line with the speed of a human hand: the 1/3 power law of curvature."""
        line = evenly(line, POINT_SPACING)
        heading = np.unwrap(np.arctan2(*np.gradient(line, axis=0).T[::-1]))
        curvature = np.abs(np.gradient(smooth(heading, 3.0))) / POINT_SPACING
        pace = (1.0 + curvature / 4.0) ** -self.corner_care
        # A hand is never quite even, and it starts and stops at rest.
        pace *= np.exp(smooth(self.rng.normal(0, 1.2, len(line)), 12.0))
        edge = np.minimum(np.arange(len(line)), np.arange(len(line))[::-1]) * POINT_SPACING
        pace *= np.sqrt(np.clip((edge + 0.004) / 0.15, 0.0, 1.0))
        seconds = np.concatenate([[0.0], np.cumsum(POINT_SPACING / (speed * pace[1:]))])
        if self.dwell:
            sharp = curvature > 25.0
            seconds += np.cumsum(sharp) / max(1, sharp.sum()) * self.dwell * 2
        seconds *= min(1.0, LONGEST / seconds[-1])
        at = np.arange(0.0, seconds[-1] + STEP, STEP)
        track = np.stack([np.interp(at, seconds, line[:, k]) for k in range(2)], axis=1)
        still = int(3 * self.roundness / STEP) + 1
        track = np.pad(track, ((still, still), (0, 0)), mode="edge")
        return smooth(track, self.roundness / STEP)


def minimum_jerk(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1 the way limbs move: no jump in speed or acceleration (Flash and Hogan 1985)."""
    return u**3 * (10 - 15 * u + 6 * u**2)


def smooth(x: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Gaussian blur along the first axis, edges held; `width` is sigma in samples."""
    reach = max(1, int(3 * width))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(width, 1e-6)) ** 2)
    kernel /= kernel.sum()
    columns = x.reshape(len(x), -1)
    padded = np.pad(columns, ((reach, reach), (0, 0)), mode="edge")
    blurred = [np.convolve(padded[:, k], kernel, "valid") for k in range(columns.shape[1])]
    return np.stack(blurred, axis=1).reshape(x.shape)


def _favourites(forms: list[tuple[float, str]], rng: np.random.Generator) -> list[int]:
    """A person has one way to write a digit, some have a second that slips in."""
    weight = np.array([w for w, _ in forms])
    count = 2 if len(forms) > 1 and rng.random() < 0.3 else 1
    return list(rng.choice(len(forms), size=count, replace=False, p=weight / weight.sum()))


class _Bend:
    """A gentle deformation of the plane: no two people, and no two takes, draw the same curve."""

    def __init__(self, rng: np.random.Generator, size: float) -> None:
        self.wave = rng.normal(0, 3.5, (4, 2))
        self.phase = rng.uniform(0, 2 * np.pi, 4)
        self.amount = rng.normal(0, size, (4, 2)) / 1.4

    def __call__(self, line: Track) -> Track:
        return np.sin(line @ self.wave.T + self.phase) @ self.amount
