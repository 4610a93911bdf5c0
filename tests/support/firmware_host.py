"""A host for simulated boards, on their clock: the real conversation, without waiting for it."""

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
from firmware_bridge import machine
from firmware_bridge.machine import Machine

NEEDS = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
STILL = np.array([1.0, -2.0, STANDARD_GRAVITY, 0.5, -1.0, 2.0])  # each axis tells which it is


def board(kind: str) -> Machine:
    """Where a board cannot be built the tests fail, and say what is missing, unless told not to."""
    if kind == "uno" and os.environ.get("EDGE_WITHOUT_AVR") == "1":
        pytest.skip("EDGE_WITHOUT_AVR=1: no tools to build and run an Uno's firmware")
    return {"uno": machine.uno, "esp32": machine.esp32}[kind]()


def with_chip(
    board: Machine, motion: Callable[[float], NDArray] = lambda t: STILL, **chip: float
) -> EmulatedMPU6050:
    emulated = EmulatedMPU6050(motion, board.clock, **chip)
    board.chips.append(emulated)
    return emulated


class Host:
    def __init__(self, board: Machine, requirements: dict[str, int] = NEEDS) -> None:
        self.board, self.stream = board, FramedStream(requirements)
        self.t: NDArray[np.float64] = np.empty(0)
        self.values = np.empty((0, 6))

    def run(self, seconds: float) -> NDArray[np.float64]:
        """The samples that came meanwhile; all of them gather in `t` and `values`."""
        until = self.board.clock() + seconds
        chunks = []
        while not chunks or self.board.clock() < until:
            self.board.run(0.01)
            now = self.board.clock()
            chunks.append(self.stream.feed(self.board.take(), now))
            self.board.give(self.stream.outgoing(now))
        self.t = np.concatenate([self.t, *(chunk.t for chunk in chunks)])
        new = np.concatenate([chunk.values for chunk in chunks])
        self.values = np.concatenate([self.values, new])
        return new

    def send(self, payload: bytes) -> None:
        self.board.give(b"\0" + frame(payload))

    def counted(self) -> dict[str, int]:
        """What the board says that it has been through, at its next opportunity."""
        self.run(1.1)
        return self.stream._status
