"""Opening an I2C bus and finding the sensor on it; each error says what to do."""

from __future__ import annotations

import logging
from glob import glob
from typing import Any

from edge.errors import RuntimeMissing, SourceError
from edge.samples import Health
from edge.source.i2c.mpu6050 import ADDRESSES, CHIPS, MPU6050, NACK_ERRNOS

log = logging.getLogger(__name__)


def open_bus(number: int) -> Any:
    """Return an `smbus2.SMBus` that supports the transfers of the driver."""
    try:
        from smbus2 import I2cFunc, SMBus
    except ImportError as error:
        raise RuntimeMissing("reading I2C needs smbus2: pip install smbus2") from error
    device = f"/dev/i2c-{number}"
    try:
        bus = SMBus(number)
    except FileNotFoundError:
        existing = sorted(glob("/dev/i2c-*"))
        available = f"there is {', '.join(existing)}" if existing else "there is no I2C bus at all"
        raise SourceError(
            f"no {device}, {available}: on a Raspberry Pi enable it with `sudo raspi-config` "
            "(Interface Options, I2C), or with dtparam=i2c_arm=on in /boot/firmware/config.txt"
        ) from None
    except PermissionError:
        raise SourceError(
            f"no permission for {device}: add yourself to the group i2c with `sudo usermod -aG i2c "
            "$USER`, then log out and in again"
        ) from None
    except OSError as error:
        raise SourceError(f"{device} cannot be opened: {error.strerror}") from error
    if not bus.funcs & I2cFunc.I2C:
        bus.close()
        raise SourceError(f"{device} supports SMBus only, the sensor needs a bus with plain I2C")
    return bus


def find_sensor(bus: Any, number: int, address: int | None, health: Health) -> MPU6050:
    """Return the sensor at `address`, or at the first of the two possible addresses."""
    other_chips, faults = [], []
    candidates = ADDRESSES if address is None else (address,)
    for candidate in candidates:
        sensor = MPU6050(bus, candidate, health)
        try:
            who = sensor.identify()
        except OSError as error:
            if error.errno not in NACK_ERRNOS:
                faults.append(error.strerror)
            continue
        if who in CHIPS:
            log.info("%s at 0x%02x on i2c-%d", CHIPS[who], candidate, number)
            return sensor
        other_chips.append(f"the chip at 0x{candidate:02x} on i2c-{number} has ID 0x{who:02x}")
    if other_chips:
        known = ", ".join(f"0x{who:02x}" for who in sorted(CHIPS))
        raise SourceError(
            f"{' and '.join(other_chips)}, which is not an MPU6050 ({known}): if a clock or "
            "another chip uses this address, connect the sensor's AD0 to 3.3 V and use "
            "--address 0x69"
        )
    tried = " or ".join(f"0x{candidate:02x}" for candidate in candidates)
    fault = f" ({faults[0]})" if faults else ""
    raise SourceError(
        f"no sensor answers at {tried} on i2c-{number}{fault}: check the wires (VCC to 3.3 V, GND, "
        f"SDA, SCL); `i2cdetect -y {number}` lists the chips on the bus, AD0 selects 0x68 or 0x69"
    )
