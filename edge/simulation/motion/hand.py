"""The handwriting of one person: forms of the digits, size, speed, slant.

`Hand(seed)` is one person: all parameters follow from the seed. Repeated digits differ a little, as
those of people do. The result is a trajectory: positions in the plane of writing, in metres, STEP
apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.shapes import FORMS, Line, polyline, resample_evenly

STEP = 0.005  # s; fine enough for the fastest corner, and twice the rate of the sensor
POINT_SPACING = 0.01  # of the digit's height
LONGEST = 5.0  # s; the slowest writer takes no longer for a digit

Trajectory = NDArray[np.float64]
"""(n, 2) right and up in metres, STEP apart."""


class Hand:
    """The handwriting of one person."""

    def __init__(self, seed: int | np.random.SeedSequence) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.forms = {
            digit: [forms[k][1] for k in _preferred_forms(forms, rng)]
            for digit, forms in FORMS.items()
        }
        self.height = float(np.exp(rng.uniform(np.log(0.12), np.log(0.9))))  # m
        self.width = float(np.exp(rng.normal(0.0, 0.18)))  # relative to the form's own
        self.slant = float(rng.normal(0.08, 0.14))
        self.tilt = float(rng.normal(0.0, 0.08))  # rad, rotation of a digit
        self.speed = float(np.exp(rng.uniform(np.log(1.0), np.log(4.0))))  # heights a second
        # How much curvature slows the hand: the exponent of the power law, 1/3 on average.
        self.curvature_exponent = float(rng.uniform(0.2, 0.45))
        self.corner_smoothing = float(rng.uniform(0.015, 0.05))  # s, sigma: corners get round
        self.dwell = float(rng.uniform(0.0, 0.08))  # s, pause at sharp corners
        self.deformation = {digit: _Deformation(rng, 0.05) for digit in FORMS}

    def draw(self, digit: str) -> Trajectory:
        """A digit, from rest to rest."""
        forms = self.forms[digit]
        form = forms[0] if len(forms) == 1 or self.rng.random() < 0.85 else forms[1]
        line = polyline(form, POINT_SPACING) - [0.3, 0.5]
        return self.write(line + self.deformation[digit](line))

    def write(self, line: Line) -> Trajectory:
        """Any line of height one, with this person's size, slant and speed, from rest to rest."""
        rng = self.rng
        line = line + _Deformation(rng, 0.025)(line)
        slant = self.slant + rng.normal(0, 0.05)
        tilt = self.tilt + rng.normal(0, 0.05)
        height = self.height * np.exp(rng.normal(0, 0.1))
        width = self.width * np.exp(rng.normal(0, 0.08))
        shear = np.array([[width, slant], [0.0, 1.0]])
        rotation = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        line = line @ (rotation @ shear).T
        return self._in_time(line, self.speed * np.exp(rng.normal(0, 0.12))) * height

    def move(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> Trajectory:
        """A slow, slightly curved movement between two positions, with minimum jerk."""
        distance = float(np.linalg.norm(end - start))
        duration = (0.5 + 2.5 * distance) * float(np.exp(self.rng.normal(0, 0.2)))
        u = np.linspace(0, 1, max(4, int(duration / STEP)))
        s = minimum_jerk(u)
        across = np.array([start[1] - end[1], end[0] - start[0]])
        curve = self.rng.normal(0, 0.08)
        return start + s[:, None] * (end - start) + (curve * np.sin(np.pi * s))[:, None] * across

    def _in_time(self, line: Line, speed: float) -> Trajectory:
        """Follow a line with the speed of a human hand: a power law of the curvature."""
        line = resample_evenly(line, POINT_SPACING)
        heading = np.unwrap(np.arctan2(*np.gradient(line, axis=0).T[::-1]))
        curvature = np.abs(np.gradient(smooth(heading, 3.0))) / POINT_SPACING
        relative_speed = (1.0 + curvature / 4.0) ** -self.curvature_exponent
        # The speed of a hand varies, and is zero at both ends.
        relative_speed *= np.exp(smooth(self.rng.normal(0, 1.2, len(line)), 12.0))
        numbers = np.arange(len(line))
        distance_to_end = np.minimum(numbers, numbers[::-1]) * POINT_SPACING
        relative_speed *= np.sqrt(np.clip((distance_to_end + 0.004) / 0.15, 0.0, 1.0))
        intervals = POINT_SPACING / (speed * relative_speed[1:])
        seconds = np.concatenate([[0.0], np.cumsum(intervals)])
        if self.dwell:
            sharp = curvature > 25.0
            seconds += np.cumsum(sharp) / max(1, sharp.sum()) * self.dwell * 2
        seconds *= min(1.0, LONGEST / seconds[-1])
        t = np.arange(0.0, seconds[-1] + STEP, STEP)
        trajectory = np.stack([np.interp(t, seconds, line[:, k]) for k in range(2)], axis=1)
        rest = int(3 * self.corner_smoothing / STEP) + 1
        trajectory = np.pad(trajectory, ((rest, rest), (0, 0)), mode="edge")
        return smooth(trajectory, self.corner_smoothing / STEP)


def minimum_jerk(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1 as limbs move: no jump in speed or acceleration (Flash and Hogan 1985)."""
    return u**3 * (10 - 15 * u + 6 * u**2)


def smooth(x: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Gaussian filter along the first axis; `sigma` in samples. The first and the last value
    continue beyond the ends."""
    reach = max(1, int(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    kernel /= kernel.sum()
    columns = x.reshape(len(x), -1)
    padded = np.pad(columns, ((reach, reach), (0, 0)), mode="edge")
    filtered = [np.convolve(padded[:, k], kernel, "valid") for k in range(columns.shape[1])]
    return np.stack(filtered, axis=1).reshape(x.shape)


def _preferred_forms(forms: list[tuple[float, str]], rng: np.random.Generator) -> list[int]:
    """The form in which a person writes a digit; some people have a second one."""
    weight = np.array([w for w, _ in forms])
    count = 2 if len(forms) > 1 and rng.random() < 0.3 else 1
    return list(rng.choice(len(forms), size=count, replace=False, p=weight / weight.sum()))


class _Deformation:
    """A smooth deformation of the plane: different for each person, digit and take."""

    def __init__(self, rng: np.random.Generator, size: float) -> None:
        self.wave = rng.normal(0, 3.5, (4, 2))
        self.phase = rng.uniform(0, 2 * np.pi, 4)
        self.amplitude = rng.normal(0, size, (4, 2)) / 1.4

    def __call__(self, line: Line) -> Line:
        """By how much each point moves."""
        return np.sin(line @ self.wave.T + self.phase) @ self.amplitude
