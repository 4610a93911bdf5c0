"""From poses of a sensor to its readings: any mounting, rate and range, noise, and vibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import DEGREE, STANDARD_GRAVITY
from edge.simulation.motion.hand import STEP
from edge.simulation.motion.imu import COUNTS

Array = NDArray[np.float64]

RATES = (100.0, 100.0, 100.0, 50.0, 52.0, 62.5, 25.0, 33.3, 200.0, 50.0)  # Hz
ACCEL_G = (2, 2, 4, 4, 8, 16)
GYRO_DPS = (143, 143, 143, 250, 250, 500, 500, 1000, 2000)  # degrees per second
ACCEL_BIAS = (0.03, 0.4)  # m/s^2, standard deviation: of a phone, and of a bare MPU6050
GYRO_BIAS, CALIBRATED = 0.02, 0.2  # rad/s; most drivers calibrate the gyroscope at start
NOISE = (0.04, 0.002)  # m/s^2 and rad/s
CUT = 0.08  # share of takes whose recording begins within the figure; the same again end so
VIBRATING, ALL_THE_TIME = 0.2, 0.2  # share of takes with vibration, and of these all through
MOTOR = (90.0, 230.0)  # Hz


def rotations(turn: Array) -> Array:
    """(..., 3, 3) rotation matrices of (..., 3) rotation vectors (Rodrigues)."""
    angle = np.linalg.norm(turn, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(turn, -1, 0)
    none = np.zeros_like(x)
    cross = np.stack([none, -z, y, z, none, -x, -y, x, none], axis=-1).reshape(*x.shape, 3, 3)
    half = np.sinc(angle / (2 * np.pi))
    return np.asarray(np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * half**2 * (cross @ cross))


def random_mountings(rng: np.random.Generator, count: int) -> Array:
    """(count, 3, 3) uniformly random rotations: how the sensor is fixed."""
    q = rng.normal(size=(count, 4))
    w, x, y, z = (q / np.linalg.norm(q, axis=1, keepdims=True)).T
    rows = [
        *(1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        *(2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        *(2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    ]
    return np.stack(rows, axis=1).reshape(-1, 3, 3)


def ideal_signals(place: Array, turned: Array, mounting: Array) -> Array:
    """(figures, steps, 6) specific force and turn rate along the axes of sensors without faults."""
    force = np.gradient(np.gradient(place, STEP, axis=1), STEP, axis=1)
    force[..., 2] += STANDARD_GRAVITY
    into_limb = turned.transpose(0, 1, 3, 2)
    skew = into_limb @ np.gradient(turned, STEP, axis=1)  # body rates: R' dR/dt is skew
    rate = np.stack([skew[..., 2, 1], skew[..., 0, 2], skew[..., 1, 0]], axis=2)
    own_force = (into_limb @ force[..., None])[..., 0]
    return np.concatenate([own_force @ mounting, rate @ mounting], axis=2)


def read_signal(rng: np.random.Generator, signal: Array, mark: Array) -> tuple[Array, Array]:
    """One take of a sensor of its own: sample times, and (n, 6) readings.

    `mark` says when the figure begins and ends. Some takes begin or end within it.
    """
    rate = float(rng.choice(RATES)) * (1 + rng.normal(0, 0.01))
    begin, end = 0.0, (len(signal) - 1) * STEP
    drawing = mark[1] - mark[0]
    if rng.random() < CUT:
        begin = max(0.0, mark[0] + rng.uniform(-0.05, 0.1) * drawing)
    if rng.random() < CUT:
        end = min(end, mark[1] + rng.uniform(-0.08, 0.05) * drawing)
    t = begin + rng.uniform(0, 1 / rate) + np.arange(int((end - begin) * rate)) / rate
    signal_t = np.arange(len(signal)) * STEP
    true = np.stack([np.interp(t, signal_t, column) for column in signal.T], axis=1)
    if rng.random() < VIBRATING:
        true = true + _vibration(rng, t, mark, rate)
    full_scale = [rng.choice(ACCEL_G) * STANDARD_GRAVITY, rng.choice(GYRO_DPS) * DEGREE]
    return t, _with_faults(rng, true, np.repeat(full_scale, 3))


def _with_faults(rng: np.random.Generator, true: Array, full_scale: Array) -> Array:
    scale = 1 + rng.normal(0, 0.01, 6)
    accel_bias = np.exp(rng.uniform(*np.log(ACCEL_BIAS)))
    gyro_bias = GYRO_BIAS * rng.choice([CALIBRATED, 1.0])
    bias = rng.normal(0, np.repeat([accel_bias, gyro_bias], 3))
    noise = np.repeat(NOISE, 3) * np.exp(rng.normal(0, 0.5))
    value = true * scale + bias + rng.normal(0, 1, true.shape) * noise
    counts = np.clip(np.round(value / full_scale * COUNTS), -COUNTS, COUNTS - 1)
    return np.asarray(counts * full_scale / COUNTS)


def _vibration(rng: np.random.Generator, t: Array, mark: Array, rate: float) -> Array:
    """A motor that marks the begin and end of a take, or runs all the time: it shakes the sensor
    and hardly turns it. At half the sampling rate its signal alternates from sample to sample."""
    alternating = rng.random() < 0.4
    hertz = rate / 2 if alternating else rng.uniform(*MOTOR)
    wave = np.sin(2 * np.pi * hertz * t + rng.uniform(0, 2 * np.pi))
    if alternating:
        wave = np.where(np.arange(len(t)) % 2, 1.0, -1.0) * rng.uniform(0.7, 1.1)
    on = np.ones(len(t), bool)
    if rng.random() > ALL_THE_TIME:
        after = rng.uniform(0.2, 0.7)
        on = t < mark[0] - rng.uniform(-0.15, 0.2)
        on |= (t > mark[1] + rng.uniform(-0.15, 0.2)) & (t < mark[1] + after)
    shake = rng.normal(0, 1, 3)
    shake *= rng.uniform(0.5, 5.0) / np.linalg.norm(shake)
    turn = rng.normal(0, 1, 3) * 0.01 * rng.uniform(0.2, 1.5)
    return np.asarray((wave * on)[:, None] * np.concatenate([shake, turn]))
