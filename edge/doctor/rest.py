"""What a sensor must say that lies still: 1 g, and no rotation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.doctor.finding import FAULT, OK, WARNING, Finding, graded
from edge.doctor.measurement import Measurement
from edge.samples import DEGREE, STANDARD_GRAVITY

WINDOW = 0.5  # s that are judged together
SHAKE, SWAY = 0.4, 0.1  # m/s^2, rad/s of standard deviation that a hand at rest stays below
MOSTLY = 0.8  # of the time at rest is good enough
GRAVITY_OFF = (0.09, 0.2)  # of 1 g; the datasheet allows 80 mg an axis
BIAS = (5.0, 20.0)  # deg/s; the datasheet allows 20
RANGES = (0.125, 0.25, 0.5, 2.0, 4.0, 8.0)  # by which two ranges of a chip may differ
CLOSE = 0.12
FLASH = "flash the firmware that came with edge-sense"
LAY_STILL = "lay it on the table, do not touch it, and run this again"


def stillness(measured: Measurement) -> Iterator[Finding]:
    if not len(measured.t):
        return
    share = float(np.mean(_still(measured)))
    values = {"still": round(share, 2)}
    if share >= MOSTLY:
        yield Finding("rest", OK, "it lay still", values=values)
    elif share and "device" not in measured.device:  # in a recording there is a stroke
        yield Finding("rest", OK, f"it was still for {share:.0%} of the time", values=values)
    elif share:
        text = f"it lay still for only {share:.0%} of the time; what follows is from that part"
        yield Finding("rest", WARNING, text, LAY_STILL, values)
    else:
        text = "it moved all the time, so gravity and the gyroscope could not be checked"
        yield Finding("rest", WARNING, text, LAY_STILL, values)


def gravity(measured: Measurement) -> Iterator[Finding]:
    still = _still(measured)
    if not still.any():
        return
    length = float(np.median(np.linalg.norm(measured.accel[still], axis=1)))
    ratio = length / STANDARD_GRAVITY
    off = abs(ratio - 1)
    level = graded(off, *GRAVITY_OFF)
    text = f"{length:.2f} m/s^2 at rest, where 1 g is 9.81"
    fix = None
    if level == WARNING:
        fix = "its offset is large: recognition bears it, another sensor would do better"
    elif level == FAULT:
        fix = _why(ratio)
    yield Finding("gravity", level, text, fix, {"m_s2": round(length, 3)})


def gyro(measured: Measurement) -> Iterator[Finding]:
    still = _still(measured)
    if not still.any() or not measured.gyro.size:
        return
    bias = np.median(measured.gyro[still], axis=0) / DEGREE
    worst = float(np.abs(bias).max())
    level = graded(worst, *BIAS)
    text = f"turns at {worst:.1f} deg/s while at rest (its bias)"
    fix = None
    if level == WARNING:
        fix = "let it warm up for a minute; held still before each stroke, it is allowed for"
    elif level == FAULT:
        fix = f"if it lay still, its scale is wrong or it is broken: {FLASH}, or replace it"
    yield Finding("gyro", level, text, fix, {"bias_dps": round(worst, 2)})


def _why(ratio: float) -> str:
    if ratio < 0.05:
        return "gravity is missing: let the sketch not subtract it, or check the sensor's wires"
    near = [factor for factor in RANGES if abs(ratio / factor - 1) < CLOSE]
    if near:
        return (
            f"{near[0]:g} times what it should be, so it is not in the range it was set to: "
            f"restart it, or {FLASH}"
        )
    return f"its scale is wrong: send g or m/s^2, or {FLASH}; else it is broken"


def _still(measured: Measurement) -> NDArray[np.bool_]:
    """(n,) which samples are in half a second of rest."""
    still = np.zeros(len(measured.t), bool)
    if not len(measured.t):
        return still
    window = ((measured.t - measured.t[0]) / WINDOW).astype(int)
    for number in np.unique(window):
        inside = window == number
        if inside.sum() < WINDOW * measured.nominal / 2:
            continue
        shake = measured.accel[inside].std(axis=0).max()
        sway = measured.gyro[inside].std(axis=0).max(initial=0)
        still[inside] = shake < SHAKE and sway < SWAY
    return still
