"""An I2C bus with emulated chips on it, one combined transfer at a time."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence

from edge.simulation.chip.mpu6050 import EmulatedMPU6050


def transfer(
    chips: Iterable[EmulatedMPU6050], messages: Sequence[tuple[int, bytes | int]]
) -> list[bytes]:
    """One combined transfer, as I2C_RDWR does: (address, bytes to write or how many to read).

    What was read, a message each; OSError with EREMOTEIO where nobody acknowledges.
    """
    chips, answers = list(chips), []
    for address, what in messages:
        reads = isinstance(what, int)
        chip = next((chip for chip in chips if chip.start(address, reads)), None)
        if chip is None:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        if isinstance(what, int):
            answers.append(bytes(chip.read() for _ in range(what)))
        else:
            answers.append(b"")
            for byte in what:
                chip.write(byte)
        chip.stop()
    return answers
