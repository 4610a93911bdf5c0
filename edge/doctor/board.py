"""Checks of what the device reports: its chip, sleep, ranges, restarts and error counters."""

from __future__ import annotations

from collections.abc import Iterator

from edge.doctor.finding import FAULT, OK, WARNING, Finding
from edge.doctor.measurement import Measurement
from edge.source.i2c.mpu6050 import CHIPS

MPU6050 = 0x68  # its WHO_AM_I
UNITS = {"accel_g": "g", "gyro_dps": "deg/s"}
# What the board counts: the meaning of the count, and what to do about it.
COUNTERS = {
    "nacks": ("times the sensor did not answer the board", "shorten its wires and check them"),
    "sensor_resets": ("times the sensor lost its settings", "check its power wire (VCC to 3.3 V)"),
    "fifo_overflows": (
        "times the board read the sensor too late",
        "remove slow code from the sketch",
    ),
    "dropped": ("samples that the board could not send", "use a faster --baud in the sketch"),
}


def sensor(measured: Measurement) -> Iterator[Finding]:
    who = measured.device.get("who_am_i")
    if who is None:
        return
    where = f" at 0x{measured.device['address']:02x}" if "address" in measured.device else ""
    chip_id = f"(WHO_AM_I 0x{who:02x})"
    values = {"who_am_i": float(who)}
    if who == MPU6050:
        yield Finding("sensor", OK, f"MPU6050{where} {chip_id}", values=values)
    elif who in CHIPS:
        text = f"{CHIPS[who]}{where} {chip_id}, often sold as MPU6050: it is supported"
        yield Finding("sensor", OK, text, values=values)
    else:
        text = f"an unknown chip{where} {chip_id}: its scale may differ"
        yield Finding("sensor", WARNING, text, "use an MPU6050 or one of its clones", values)


def sleep(measured: Measurement) -> Iterator[Finding]:
    if "asleep" in measured.device:
        asleep = "was asleep, as after power-on, and has been woken"
        text = asleep if measured.device["asleep"] else "was awake already"
        yield Finding("sleep", OK, f"the sensor {text}")


def settings(measured: Measurement) -> Iterator[Finding]:
    """Check the ranges: a range that is too small clips fast strokes."""
    ranges = {name: measured.device[name] for name in UNITS if name in measured.device}
    if not ranges:
        return
    small = {name for name, full in ranges.items() if full < measured.requirements[name]}
    text = " and ".join(f"+-{full:g} {UNITS[name]}" for name, full in ranges.items())
    fix = None
    if small:
        text += ", which clips fast strokes"
        wanted = " and ".join(
            f"+-{measured.requirements[name]:g} {UNITS[name]}" for name in sorted(small)
        )
        fix = f"change the sketch so that it sets {wanted}"
    level = WARNING if small else OK
    values = {name: float(full) for name, full in ranges.items()}
    yield Finding("range", level, text, fix, values)


def restart(measured: Measurement) -> Iterator[Finding]:
    if "restarted" not in measured.device:
        return
    if measured.device["restarted"]:
        text = "the board restarts when its port is opened (DTR does that on an ESP32 or Uno): "
        text += "this is harmless, only the first seconds are missing"
    else:
        text = "the board did not restart when its port was opened"
    yield Finding("restart", OK, text)


def counters(measured: Measurement) -> Iterator[Finding]:
    """Check what the board has counted since it started."""
    counts = {name: measured.device[name] for name in COUNTERS if name in measured.device}
    for name, count in counts.items():
        if count:
            meaning, fix = COUNTERS[name]
            level = FAULT if name == "sensor_resets" else WARNING
            yield Finding("board", level, f"{count} {meaning}", fix, {name: float(count)})
    if counts and not any(counts.values()):
        yield Finding("board", OK, "it has counted no fault since it started")
