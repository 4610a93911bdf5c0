"""Do the samples come, all of them, in time and undamaged?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edge.doctor.finding import FAULT, OK, WARNING, Finding, broken, graded
from edge.doctor.measurement import Measurement

RATE_OFF = (0.03, 0.15)  # of the nominal rate; the MPU6050's own oscillator is good to 1 %
LOST = (0.0, 0.02)  # of all samples
DAMAGED = (0.0, 0.02)  # transfers a sample
SILENT = 1.0  # s without a sample, after which they have stopped coming
FEW = 20  # samples, below which nothing can be said of them


def samples(measured: Measurement) -> Iterator[Finding]:
    count = len(measured.t)
    values = {"samples": float(count)}
    if measured.broke:
        yield broken("samples", measured.broke)
    elif not count:
        fix = "check the wires of the sensor (VCC, GND, SDA, SCL), then restart the board"
        yield Finding("samples", FAULT, "none came", fix, values)
    elif measured.silent > SILENT:
        text = f"{count} came, and then none for {measured.silent:.1f} s"
        fix = "check its plug and its cable, then the wires of the sensor (VCC, GND, SDA, SCL)"
        yield Finding("samples", FAULT, text, fix, values)
    elif count >= FEW and not np.ptp(measured.values, axis=0).any():
        what = "all are zero: the sensor sleeps" if not measured.values.any() else "all are alike"
        fix = "unplug it for a moment, check its wires; a working sensor is never without noise"
        yield Finding("samples", FAULT, what, fix, values)
    else:
        yield Finding("samples", OK, f"{count} of {' '.join(measured.channels)}", values=values)


def rate(measured: Measurement) -> Iterator[Finding]:
    """By this computer's clock where the samples come from a device, else by their own."""
    if len(measured.t) < FEW or measured.health.rate is None:
        return
    true = measured.health.rate
    own = not ("device" in measured.device and measured.pace)
    if not own:
        true *= measured.pace or 1
    level = graded(abs(true / measured.nominal - 1), *RATE_OFF)
    text = f"{true:.1f} Hz{'' if own else ' by the clock of this computer'}, "
    text += f"nominal {measured.nominal:.4g}"
    fix = None
    if level != OK:
        fix = "let the sketch send by a timer; a sensor whose own clock is so far off is a bad one"
    values = {"rate": round(true, 2), "nominal": measured.nominal}
    yield Finding("rate", level, text, fix, values)


def loss(measured: Measurement) -> Iterator[Finding]:
    lost, came = measured.grown("lost"), len(measured.t)
    if not lost + came:
        return
    level = graded(lost / (lost + came), *LOST)
    fix = None
    if level != OK:
        fix = "shorten the cable or the wires, and close other programs that keep this machine busy"
    yield Finding("loss", level, f"{lost or 'none'} of {lost + came}", fix, {"lost": float(lost)})


def clipping(measured: Measurement) -> Iterator[Finding]:
    count = measured.grown("clipped")
    if not len(measured.t):
        return
    level = graded(count / len(measured.t), 0, 0.5)
    text, fix = "none", None
    if count:
        text = f"{count} of {len(measured.t)} samples stand on the end of their range"
        fix = "move less fast, or ask for a wider range"
        if level == FAULT:
            fix = "so many do if an axis is broken or a wire is loose: replace the sensor"
    yield Finding("clipping", level, text, fix, {"clipped": float(count)})


def transfer(measured: Measurement) -> Iterator[Finding]:
    """Garbage and failed transfers since the measurement began."""
    garbage, errors = measured.grown("garbage"), measured.grown("errors")
    away = measured.grown("reconnects")
    values = {"garbage": float(garbage), "errors": float(errors), "reconnects": float(away)}
    faults = {
        f"{garbage} bytes of garbage": garbage,
        f"{errors} transfers failed": errors,
        f"{away} times it went away": away,
    }
    text = ", ".join(what for what, count in faults.items() if count)
    if not text:
        yield Finding("transfer", OK, "no garbage, no failed transfer", values=values)
        return
    bad = (errors + away) / max(len(measured.t), 1)
    level = FAULT if bad > DAMAGED[1] else WARNING
    fix = "firm, short wires and another cable; check that nobody else talks on this line"
    yield Finding("transfer", level, text, fix, values)
