"""An I2C bus with emulated chips on it, one combined transfer at a time."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence

from edge.simulation.chip.mpu6050 import EmulatedMPU6050


def transfer(
    chips: Iterable[EmulatedMPU6050], messages: Sequence[tuple[int, bytes | int]]
) -> list[bytes]:
    """Do one combined transfer, as I2C_RDWR does, and return the bytes read by each message.

    A message is an address with the bytes to write, or with the number of bytes to read. OSError
    with EREMOTEIO if no chip acknowledges.
    """
    chips, answers = list(chips), []
    for address, content in messages:
        reads = isinstance(content, int)
        chip = next((chip for chip in chips if chip.start(address, reads)), None)
        if chip is None:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        if isinstance(content, int):
            answers.append(bytes(chip.read() for _ in range(content)))
        else:
            answers.append(b"")
            for byte in content:
                chip.write(byte)
        chip.stop()
    return answers
