"""Checks of a sensor that lies still: it must measure 1 g and no rotation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.doctor.finding import FAULT, OK, WARNING, Finding, level_of
from edge.doctor.measurement import Measurement
from edge.samples import DEGREE, STANDARD_GRAVITY

WINDOW = 0.5  # s: the samples of a window are at rest together or not
# A window is at rest if the standard deviation of each axis is smaller.
MAX_ACCEL_DEVIATION = 0.4  # m/s^2
MAX_GYRO_DEVIATION = 0.1  # rad/s
ENOUGH_REST = 0.8  # share of the time
# Limits of a warning and of a fault.
GRAVITY_ERROR = (0.09, 0.2)  # share of 1 g; the datasheet allows 80 mg on each axis
BIAS = (5.0, 20.0)  # deg/s; the datasheet allows 20
RANGE_RATIOS = (0.125, 0.25, 0.5, 2.0, 4.0, 8.0)  # between two ranges of the same chip
RANGE_RATIO_TOLERANCE = 0.12
FLASH = "flash the firmware that came with edge-sense"
LAY_STILL = "lay it on the table, do not touch it, and run this again"


def stillness(measured: Measurement) -> Iterator[Finding]:
    if not len(measured.t):
        return
    share = float(np.mean(_at_rest(measured)))
    values = {"still": round(share, 2)}
    if share >= ENOUGH_REST:
        yield Finding("rest", OK, "it lay still", values=values)
    elif share and not measured.from_device:  # a recording contains a stroke
        yield Finding("rest", OK, f"it was still for {share:.0%} of the time", values=values)
    elif share:
        text = f"it lay still for only {share:.0%} of the time; the next checks use that part"
        yield Finding("rest", WARNING, text, LAY_STILL, values)
    else:
        text = "it moved all the time, so gravity and the gyroscope could not be checked"
        yield Finding("rest", WARNING, text, LAY_STILL, values)


def gravity(measured: Measurement) -> Iterator[Finding]:
    at_rest = _at_rest(measured)
    if not at_rest.any():
        return
    length = float(np.median(np.linalg.norm(measured.accel[at_rest], axis=1)))
    ratio = length / STANDARD_GRAVITY
    level = level_of(abs(ratio - 1), *GRAVITY_ERROR)
    fix = None
    if level == WARNING:
        fix = "its offset is large: recognition still works, but another sensor is better"
    elif level == FAULT:
        fix = _gravity_fix(ratio)
    text = f"{length:.2f} m/s^2 at rest, where 1 g is 9.81"
    yield Finding("gravity", level, text, fix, {"m_s2": round(length, 3)})


def gyro(measured: Measurement) -> Iterator[Finding]:
    at_rest = _at_rest(measured)
    if not at_rest.any() or not measured.gyro.size:
        return
    bias = float(np.abs(np.median(measured.gyro[at_rest], axis=0)).max()) / DEGREE
    level = level_of(bias, *BIAS)
    fix = None
    if level == WARNING:
        fix = "let it warm up for a minute, then hold it still before each stroke"
    elif level == FAULT:
        fix = f"if it lay still, its scale is wrong or it is broken: {FLASH}, or replace it"
    text = f"measures {bias:.1f} deg/s while at rest (its bias)"
    yield Finding("gyro", level, text, fix, {"bias_dps": round(bias, 2)})


def _gravity_fix(ratio: float) -> str:
    if ratio < 0.05:
        return (
            "gravity is missing: change the sketch so that it does not subtract gravity, or check "
            "the sensor's wires"
        )
    for factor in RANGE_RATIOS:
        if abs(ratio / factor - 1) < RANGE_RATIO_TOLERANCE:
            return (
                f"{factor:g} times what it should be, so its range is not the one that was set: "
                f"restart it, or {FLASH}"
            )
    return f"its scale is wrong: send g or m/s^2, or {FLASH}; otherwise it is broken"


def _at_rest(measured: Measurement) -> NDArray[np.bool_]:
    """Return for each sample whether its window is at rest: (n,)."""
    at_rest = np.zeros(len(measured.t), bool)
    if not len(measured.t):
        return at_rest
    window = ((measured.t - measured.t[0]) / WINDOW).astype(int)
    for number in np.unique(window):
        inside = window == number
        if inside.sum() < WINDOW * measured.nominal_rate / 2:
            continue
        accel_deviation = measured.accel[inside].std(axis=0).max()
        gyro_deviation = measured.gyro[inside].std(axis=0).max(initial=0)
        at_rest[inside] = (
            accel_deviation < MAX_ACCEL_DEVIATION and gyro_deviation < MAX_GYRO_DEVIATION
        )
    return at_rest
