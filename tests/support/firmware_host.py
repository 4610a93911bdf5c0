"""A host for simulated boards, on their clock: the real dialogue, without real-time waiting."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.samples import STANDARD_GRAVITY
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.source.serial.framed.framing import frame
from edge.source.serial.framed.stream import FramedStream
from firmware_bridge.simulated_board import machine
from firmware_bridge.simulated_board.machine import Machine

REQUIREMENTS = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
STILL = np.array([1.0, -2.0, STANDARD_GRAVITY, 0.5, -1.0, 2.0])  # a different value for each axis


def board(kind: str) -> Machine:
    """Build and return a board. Missing tools fail the test, unless EDGE_WITHOUT_AVR=1 skips it."""
    if kind == "uno" and os.environ.get("EDGE_WITHOUT_AVR") == "1":
        pytest.skip("EDGE_WITHOUT_AVR=1: no tools to build and run an Uno's firmware")
    return {"uno": machine.uno, "esp32": machine.esp32}[kind]()


def add_chip(
    board: Machine, motion: Callable[[float], NDArray] = lambda t: STILL, **options: float
) -> EmulatedMPU6050:
    """Connect an emulated sensor to the board and return it."""
    chip = EmulatedMPU6050(motion, board.clock, **options)
    board.chips.append(chip)
    return chip


class Host:
    """Sends commands to a board and collects its samples in `t` and `values`."""

    def __init__(self, board: Machine, requirements: dict[str, int] = REQUIREMENTS) -> None:
        self.board, self.stream = board, FramedStream(requirements)
        self.t: NDArray[np.float64] = np.empty(0)
        self.values = np.empty((0, 6))

    def run(self, seconds: float) -> NDArray[np.float64]:
        """Run the board, and return the new samples."""
        until = self.board.clock() + seconds
        chunks = []
        while not chunks or self.board.clock() < until:
            self.board.run(0.01)
            now = self.board.clock()
            chunks.append(self.stream.feed(self.board.receive(), now))
            self.board.send(self.stream.dialogue.outgoing(now))
        self.t = np.concatenate([self.t, *(chunk.t for chunk in chunks)])
        new = np.concatenate([chunk.values for chunk in chunks])
        self.values = np.concatenate([self.values, new])
        return new

    def send(self, payload: bytes) -> None:
        self.board.send(b"\0" + frame(payload))

    def counters(self) -> dict[str, int]:
        """Return the counters of the board's next STATUS."""
        self.run(1.1)
        return self.stream._status
