"""Input in real time for a live command: a pipe, a microphone, a board on a serial port.

A feed is a context manager. It says with which options the command reads it, plays the input, and
says when a moment of the input happened.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.formats.sound import write_wav
from edge.samples import DEGREE, STANDARD_GRAVITY
from edge.source.simulated.hand import SimulatedHand
from tests.support.pty_board import Board, FramedBoard, PtyPort, TextBoard, csv_lines
from tests.support.sound_server import SoundServer
from tools.compare_peers.sounds import RATE

MICROPHONE = "vmic16"
MOTION_REQUIREMENTS = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
SEED = 7000  # of the simulated hand
LEAD_S = 4.0  # of digits before the rest
REST_S = 0.3  # how long a simulated hand rests, at least, before its first digit


class Feed(Protocol):
    """Opened input. `options` make the command read it."""

    options: tuple[str, ...]

    def play(self, stdin: IO[bytes], seconds: float) -> None:
        """Give the command this much input, in real time."""

    def delay_s(self, at: float, t: float, latency_ms: float) -> float:
        """From time `t` of the input to the time `at` on the monotonic clock.

        `latency_ms` is the same figure as the command reports it.
        """


@dataclass
class PacedSound:
    """Sound of 16-bit samples, cut into blocks that are due one after another."""

    sound: bytes
    block_s: float
    _started = 0.0
    _written = 0

    def blocks(self, seconds: float) -> Iterator[bytes]:
        """The next blocks, each when it is due."""
        size = round(self.block_s * RATE) * 2
        until = self._written + round(seconds * RATE) * 2
        self._started = self._started or time.monotonic()
        while self._written < until:
            self._written += size
            due = self._started + self._written / 2 / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            yield self.sound[self._written - size : self._written]

    def delay_s(self, at: float, t: float, latency_ms: float) -> float:
        return at - self._started - t


@dataclass
class Pipe(PacedSound):
    """16-bit samples on stdin, as another program writes them: block by block."""

    options: tuple[str, ...] = ("--pcm",)

    def play(self, stdin: IO[bytes], seconds: float) -> None:
        for block in self.blocks(seconds):
            stdin.write(block)
            stdin.flush()


@dataclass
class Wait:
    """Something else gives the command its input; the command reports the delay itself."""

    options: tuple[str, ...]

    def play(self, stdin: IO[bytes], seconds: float) -> None:
        time.sleep(seconds)

    def delay_s(self, at: float, t: float, latency_ms: float) -> float:
        return latency_ms / 1000


@contextmanager
def pipe(sound: bytes, block_s: float) -> Iterator[Feed]:
    yield Pipe(sound, block_s)


@contextmanager
def microphone(sound: bytes, server: SoundServer) -> Iterator[Feed]:
    """A real PortAudio stream of a virtual microphone of a sound server."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        write_wav(path, np.frombuffer(sound, "<i2") / 32768, RATE)
        with server.play(MICROPHONE, path) as player:
            try:
                yield Wait(("--device", MICROPHONE))
            finally:
                player.kill()


@contextmanager
def port(board_class: type[Board], rows: NDArray[np.float64]) -> Iterator[Feed]:
    """A board on a serial port that sends these rows (m/s^2 and rad/s) at 100 Hz."""
    with tempfile.TemporaryDirectory() as folder:
        end = PtyPort(Path(folder) / "port")
        board: Board
        if board_class is TextBoard:
            unit = np.array([STANDARD_GRAVITY] * 3 + [DEGREE] * 3)
            board = TextBoard(end, csv_lines(rows / unit))
        else:
            board = FramedBoard(end, rows=rows)
        with board:
            yield Wait(("--port", str(end.path)))


def motion(digits: bool, seconds: float) -> NDArray[np.float64]:
    """Rows of simulated people who draw digits; without `digits` the hand rests after LEAD_S.

    Boards that send text need a moving hand at first: the unit of the turn rate shows then.
    """
    rate = MOTION_REQUIREMENTS["rate_hz"]
    count = round((LEAD_S + seconds) * rate)
    parts: list[NDArray[np.float32]] = []
    with SimulatedHand(MOTION_REQUIREMENTS, None, SEED, speed=np.inf) as source:
        for chunk in source:
            parts.append(chunk.values)
            if sum(map(len, parts)) >= count:
                break
    rows = np.concatenate(parts)[:count].astype(float)
    if not digits:  # the rest before the first digit, again and again
        rest = rows[: round(REST_S * rate)]
        lead = round(LEAD_S * rate)
        rows[lead:] = np.resize(rest, (count - lead, 6))
    return rows
