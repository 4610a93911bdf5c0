"""A minute of simulated digits through the real firmware, against the same hand without it.

`python -m firmware_bridge.soak` runs the sketch in simavr in real time on a port that the serial
source reads, and prints what came.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from edge.chain import run
from edge.errors import ModelError
from edge.events import Detection, Rejection, Summary
from edge.model import Model
from edge.samples import Chunk, Health
from edge.simulation.mpu6050 import EmulatedMPU6050
from edge.source.serial_port import SerialSource
from edge.source.simulated_hand import SimulatedHand
from firmware_bridge import machine
from firmware_bridge.motion import HandMotion
from firmware_bridge.port import Served

SENSOR = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
SLACK = 2.0  # s at the end, in which a stroke may be complete here and not there


@dataclass(frozen=True)
class Figures:
    seconds: float
    samples: int
    rate: float
    """Hz by the board's own time, less the rate error of the sensor that it has."""
    lost: int
    crc_errors: int
    garbage: int
    same_motion: bool
    """Are the samples those that the simulated source gives, to the last digit of the chip?"""
    labels: str
    labels_direct: str


class _Counted:
    """A source's chunks for so many seconds of its own time, kept."""

    def __init__(self, chunks: Iterable[Chunk], seconds: float, health: Health) -> None:
        self._chunks, self._seconds, self.health = chunks, seconds, health
        self.kept: list[Chunk] = []

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self._chunks:
            self.kept.append(chunk)
            yield chunk
            if len(chunk) and chunk.t[-1] >= self._seconds:
                return

    @property
    def values(self) -> NDArray[np.float32]:
        return np.concatenate([chunk.values for chunk in self.kept])


class _Labels:
    """A sink that keeps what was recognised, and when."""

    def __init__(self) -> None:
        self.found: list[tuple[float, str]] = []

    def show(self, event: Detection | Rejection | Summary) -> None:
        if isinstance(event, Detection):
            self.found.append((event.t, event.label))

    def pulse(self, health: Health) -> None:
        """Nobody watches."""


def soak(seconds: float, seed: int) -> Figures:
    hand = HandMotion(seed=seed)
    board = machine.uno()
    board.chips.append(EmulatedMPU6050(hand, board.clock, rate_error=hand.rate_error))
    with (
        Served(board, resets=False) as served,
        SerialSource(served.port.path, needs=SENSOR) as source,
    ):
        hand.begin()
        live = _Counted(source, seconds, source.health)
        found = _recognise(live, source.channels)
    health = source.health
    direct_source = SimulatedHand(SENSOR, seed=seed, speed=math.inf)
    with direct_source:
        direct = _Counted(direct_source, seconds + 1, Health())
        found_direct = _recognise(direct, direct_source.channels)
    begun = _begun(live.values, direct.values)
    until = seconds - SLACK
    shift = begun / (health.rate or 100)
    return Figures(
        seconds=round(health.duration, 3),
        samples=health.samples,
        rate=round((health.rate or 0) / (1 + hand.rate_error), 3),
        lost=health.lost,
        crc_errors=health.errors,
        garbage=health.garbage,
        same_motion=begun >= 0,
        labels="".join(label for t, label in found if t < until),
        labels_direct="".join(label for t, label in found_direct if t + shift < until),
    )


def _recognise(source: _Counted, channels: tuple[str, ...]) -> list[tuple[float, str]]:
    sink = _Labels()
    try:
        model = Model.load("airdigit", task="airdigit")
    except ModelError:  # none is shipped: then it is the samples alone that are compared
        for _ in source:
            pass
        return []
    run(source, model.features(channels), model, model.decision(), sink)
    return sink.found


def _begun(live: NDArray[np.float32], direct: NDArray[np.float32]) -> int:
    """Samples at rest before the hand began; -1 when what follows is not what it did."""
    close = np.repeat([4 * 9.80665, math.radians(500)], 3) / 32768 * 2.5  # of the chip and the hand
    close[3:] += np.abs(direct[:, 3:]).max() * 2e-3  # 65.5 is not quite 32768 / 500
    for begun in range(min(len(live), 1000)):
        both = min(len(live) - begun, len(direct))
        if (np.abs(live[begun : begun + both] - direct[:both]) <= close).all():
            return begun
    return -1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="(default: %(default)g)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which people they are")
    args = parser.parse_args()
    started = time.monotonic()
    figures = soak(args.seconds, args.seed)
    print(json.dumps(asdict(figures) | {"wall_seconds": round(time.monotonic() - started, 1)}))
    good = figures.same_motion and not (figures.lost or figures.crc_errors or figures.garbage)
    good = good and abs(figures.rate - 100) <= 1 and figures.labels == figures.labels_direct
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
