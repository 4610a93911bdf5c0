"""What the device says of itself: which chip, awake or not, set up how, restarted when opened."""

from __future__ import annotations

from collections.abc import Iterator

from edge.doctor.finding import FAULT, OK, WARNING, Finding
from edge.doctor.measurement import Measurement
from edge.source.i2c.mpu6050 import CHIPS

GENUINE = 0x68
UNITS = {"accel_g": "g", "gyro_dps": "deg/s"}
COUNTERS = {
    "nacks": ("times the sensor did not answer the board", "shorten its wires, check them"),
    "sensor_resets": ("times the sensor lost its settings", "check its power wire (VCC to 3.3 V)"),
    "fifo_overflows": ("times the board was too late for it", "let the sketch do less else"),
    "dropped": ("samples that the board could not send", "use a faster --baud in the sketch"),
}


def sensor(measured: Measurement) -> Iterator[Finding]:
    who = measured.device.get("who_am_i")
    if who is None:
        return
    where = f" at 0x{measured.device['address']:02x}" if "address" in measured.device else ""
    said = f"(WHO_AM_I 0x{who:02x})"
    values = {"who_am_i": float(who)}
    if who == GENUINE:
        yield Finding("sensor", OK, f"MPU6050{where} {said}", values=values)
    elif who in CHIPS:
        text = f"{CHIPS[who]}{where} {said}, often sold as MPU6050: it is supported"
        yield Finding("sensor", OK, text, values=values)
    else:
        text = f"a chip that is not known{where} {said}: its scale may be another"
        yield Finding("sensor", WARNING, text, "use an MPU6050 or one of its clones", values)


def sleep(measured: Measurement) -> Iterator[Finding]:
    if "asleep" in measured.device:
        slept = "was asleep, as after power-on, and has been woken"
        text = slept if measured.device["asleep"] else "was awake already"
        yield Finding("sleep", OK, f"the sensor {text}")


def settings(measured: Measurement) -> Iterator[Finding]:
    """A range that is too small clips what people draw."""
    told = {name: measured.device[name] for name in UNITS if name in measured.device}
    if not told:
        return
    small = {name for name, full in told.items() if full < measured.requirements[name]}
    text = " and ".join(f"+-{full:g} {UNITS[name]}" for name, full in told.items())
    fix = None
    if small:
        text += ", in which quick strokes clip"
        wanted = " and ".join(
            f"+-{measured.requirements[name]:g} {UNITS[name]}" for name in sorted(small)
        )
        fix = f"let the sketch set {wanted}"
    level = WARNING if small else OK
    yield Finding("range", level, text, fix, {name: float(full) for name, full in told.items()})


def restart(measured: Measurement) -> Iterator[Finding]:
    if "restarted" not in measured.device:
        return
    if measured.device["restarted"]:
        text = "the board restarts when its port is opened (DTR does that on an ESP32 or Uno): "
        text += "harmless, its first seconds are missing"
    else:
        text = "the board went on undisturbed when its port was opened"
    yield Finding("restart", OK, text)


def counters(measured: Measurement) -> Iterator[Finding]:
    """What the board itself has counted since it started."""
    told = {name: measured.device[name] for name in COUNTERS if name in measured.device}
    for name, count in told.items():
        if count:
            what, fix = COUNTERS[name]
            level = FAULT if name == "sensor_resets" else WARNING
            yield Finding("board", level, f"{count} {what}", fix, {name: float(count)})
    if told and not any(told.values()):
        yield Finding("board", OK, "it has counted no fault since it started")
