"""Opening an I2C bus and finding the sensor on it; every failure says what to do."""

from __future__ import annotations

import logging
from glob import glob
from typing import Any

from edge.errors import RuntimeMissing, SourceError
from edge.samples import Health
from edge.source.i2c.mpu6050 import ADDRESSES, CHIPS, MPU6050, NACKED

log = logging.getLogger(__name__)


def open_bus(number: int) -> Any:
    """An `smbus2.SMBus` that can do what the driver needs."""
    try:
        from smbus2 import I2cFunc, SMBus
    except ImportError as missing:
        raise RuntimeMissing("reading I2C needs smbus2: pip install smbus2") from missing
    device = f"/dev/i2c-{number}"
    try:
        bus = SMBus(number)
    except FileNotFoundError:
        there = sorted(glob("/dev/i2c-*"))
        known = f"there is {', '.join(there)}" if there else "there is no I2C bus at all"
        raise SourceError(
            f"no {device}, {known}: on a Raspberry Pi switch it on with `sudo raspi-config` "
            "(Interface Options, I2C), or with dtparam=i2c_arm=on in /boot/firmware/config.txt"
        ) from None
    except PermissionError:
        raise SourceError(
            f"no permission for {device}: `sudo usermod -aG i2c $USER` puts you into the group "
            "i2c, then log out and in again"
        ) from None
    except OSError as error:
        raise SourceError(f"{device} cannot be opened: {error.strerror}") from error
    if not bus.funcs & I2cFunc.I2C:
        bus.close()
        raise SourceError(f"{device} speaks SMBus only, the sensor needs a bus with plain I2C")
    return bus


def find_sensor(bus: Any, number: int, address: int | None, health: Health) -> MPU6050:
    """The sensor at `address`, or at the first of both addresses where there is one."""
    strangers, faults = [], []
    for candidate in ADDRESSES if address is None else (address,):
        sensor = MPU6050(bus, candidate, health)
        try:
            who = sensor.identify()
        except OSError as error:
            if error.errno not in NACKED:
                faults.append(error.strerror)
            continue
        if who in CHIPS:
            log.info("%s at 0x%02x on i2c-%d", CHIPS[who], candidate, number)
            return sensor
        strangers.append(f"the chip at 0x{candidate:02x} on i2c-{number} says it is 0x{who:02x}")
    if strangers:
        known = ", ".join(f"0x{who:02x}" for who in sorted(CHIPS))
        raise SourceError(
            f"{' and '.join(strangers)}, which is no MPU6050 ({known}): if a clock or another "
            "chip sits there, tie the sensor's AD0 to 3.3 V and use --address 0x69"
        )
    tried = " or ".join(f"0x{a:02x}" for a in (ADDRESSES if address is None else (address,)))
    fault = f" ({faults[0]})" if faults else ""
    raise SourceError(
        f"nobody answers at {tried} on i2c-{number}{fault}: check the wires (VCC to 3.3 V, GND, "
        f"SDA, SCL); `i2cdetect -y {number}` shows who is there, AD0 chooses 0x68 or 0x69"
    )
