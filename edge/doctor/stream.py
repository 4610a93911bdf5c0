"""Checks of the stream: all samples come, in time and undamaged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edge.doctor.finding import FAULT, OK, WARNING, Finding, finding_from_error, level_of
from edge.doctor.measurement import Measurement

# Limits of a warning and of a fault.
RATE_ERROR = (0.03, 0.15)  # share of the nominal rate; the MPU6050's oscillator is good to 1 %
LOST = (0.0, 0.02)  # share of all samples
CLIPPED = (0.0, 0.5)  # share of all samples
MAX_FAILED_TRANSFERS = 0.02  # for each sample; more is a fault
MAX_SILENCE = 1.0  # s without a sample, after which the stream has stopped
MIN_SAMPLES = 20  # with fewer, the rate and the noise cannot be checked


def samples(measured: Measurement) -> Iterator[Finding]:
    count = len(measured.t)
    values = {"samples": float(count)}
    if measured.error:
        yield finding_from_error("samples", measured.error)
    elif not count:
        fix = "check the wires of the sensor (VCC, GND, SDA, SCL), then restart the board"
        yield Finding("samples", FAULT, "none came", fix, values)
    elif measured.silent_seconds > MAX_SILENCE:
        text = f"{count} came, and then none for {measured.silent_seconds:.1f} s"
        fix = "check its plug and its cable, then the wires of the sensor (VCC, GND, SDA, SCL)"
        yield Finding("samples", FAULT, text, fix, values)
    elif count >= MIN_SAMPLES and not np.ptp(measured.values, axis=0).any():
        asleep = not measured.values.any()
        text = "all are zero: the sensor is asleep" if asleep else "all are equal"
        fix = "unplug it for a moment, check its wires; the samples of a working sensor have noise"
        yield Finding("samples", FAULT, text, fix, values)
    else:
        yield Finding("samples", OK, f"{count} of {' '.join(measured.channels)}", values=values)


def rate(measured: Measurement) -> Iterator[Finding]:
    """Check the rate by this computer's clock, or by the source's if it is not a device."""
    if len(measured.t) < MIN_SAMPLES or measured.health.rate is None:
        return
    measured_rate = measured.health.rate
    clock = ""
    if measured.from_device and measured.clock_ratio:
        measured_rate *= measured.clock_ratio
        clock = " by the clock of this computer"
    level = level_of(abs(measured_rate / measured.nominal_rate - 1), *RATE_ERROR)
    text = f"{measured_rate:.1f} Hz{clock}, nominal {measured.nominal_rate:.4g}"
    fix = None
    if level != OK:
        fix = "let a timer of the sketch start each transfer; if it does, replace the sensor"
    values = {"rate": round(measured_rate, 2), "nominal": measured.nominal_rate}
    yield Finding("rate", level, text, fix, values)


def loss(measured: Measurement) -> Iterator[Finding]:
    lost, received = measured.increase("lost"), len(measured.t)
    if not lost + received:
        return
    level = level_of(lost / (lost + received), *LOST)
    fix = None
    if level != OK:
        fix = "shorten the cable or the wires, and close other programs that keep this machine busy"
    text = f"{lost or 'none'} of {lost + received}"
    yield Finding("loss", level, text, fix, {"lost": float(lost)})


def clipping(measured: Measurement) -> Iterator[Finding]:
    count = measured.increase("clipped")
    if not len(measured.t):
        return
    level = level_of(count / len(measured.t), *CLIPPED)
    text, fix = "none", None
    if count:
        text = f"{count} of {len(measured.t)} samples are at the end of the range"
        fix = "move more slowly, or ask for a wider range"
        if level == FAULT:
            fix = "an axis is broken or a wire is loose if so many clip: replace the sensor"
    yield Finding("clipping", level, text, fix, {"clipped": float(count)})


def transfer(measured: Measurement) -> Iterator[Finding]:
    """Check for garbage, failed transfers and reconnects during the measurement."""
    garbage, errors = measured.increase("garbage"), measured.increase("errors")
    reconnects = measured.increase("reconnects")
    counts = {"garbage": garbage, "errors": errors, "reconnects": reconnects}
    values = {name: float(count) for name, count in counts.items()}
    faults = {
        f"{garbage} bytes of garbage": garbage,
        f"{errors} transfers failed": errors,
        f"{reconnects} times the device disconnected": reconnects,
    }
    text = ", ".join(fault for fault, count in faults.items() if count)
    if not text:
        yield Finding("transfer", OK, "no garbage, no failed transfer", values=values)
        return
    failed = (errors + reconnects) / max(len(measured.t), 1)
    level = FAULT if failed > MAX_FAILED_TRANSFERS else WARNING
    fix = "use short wires with firm contacts and another cable; nothing else may use this line"
    yield Finding("transfer", level, text, fix, values)
