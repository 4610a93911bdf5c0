"""Endurance test: compare a stream through the real firmware with the same motion without it.

`python -m firmware_bridge.soak` draws digits for a minute. The sketch runs in simavr, in real time,
on a port that the serial source reads. The command prints the figures as JSON; it fails if a sample
was lost or damaged, or if other digits were recognised.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np

from edge.errors import ModelError
from edge.events import Detection
from edge.features import Window
from edge.model import Model
from edge.samples import DEGREE, STANDARD_GRAVITY, Chunk
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.simulation.seeds import seed
from edge.source import HAND_MOTION, Source
from edge.source.serial.source import SerialSource
from edge.source.simulated.hand import SimulatedHand
from firmware_bridge.preprocessing import FULL_SCALE_COUNTS
from firmware_bridge.simulated_board import machine
from firmware_bridge.simulated_board.hand_motion import HandMotion
from firmware_bridge.simulated_board.serial_port import ServedBoard

ROUNDING = 2.5  # counts: the chip and the simulated hand both round
GYRO_SCALE_ERROR = 2e-3  # 65.5 counts per deg/s are not quite 32768 / 500
LATEST_START = 1000  # samples, within which the hand starts drawing
TAIL = 2.0  # s at the end, where a stroke may be complete in only one of the streams


@dataclass(frozen=True)
class Figures:
    seconds: float
    samples: int
    rate: float
    """Hz by the board's own time, without the rate error of the emulated sensor."""
    lost: int
    crc_errors: int
    garbage: int
    same_motion: bool
    """Whether the samples equal those of the simulated source, within rounding."""
    labels: str
    labels_direct: str


def soak(seconds: float, seed: int) -> Figures:
    hand = HandMotion(seed=seed)
    board = machine.uno()
    board.chips.append(EmulatedMPU6050(hand, board.clock, rate_error=hand.rate_error))
    with (
        ServedBoard(board, resets=False) as served,
        SerialSource(served.port.path, requirements=HAND_MOTION) as source,
    ):
        hand.begin()
        live = _read(source, seconds)
    with SimulatedHand(HAND_MOTION, seed=seed, speed=math.inf) as source_direct:
        direct = _read(source_direct, seconds + 1)
    found, found_direct = _recognise(live), _recognise(direct)
    health = source.health
    start = _start_of_drawing(live, direct)
    until = seconds - TAIL
    shift = start / (health.rate or 100)
    return Figures(
        seconds=round(health.duration, 3),
        samples=health.samples,
        rate=round((health.rate or 0) / (1 + hand.rate_error), 3),
        lost=health.lost,
        crc_errors=health.errors,
        garbage=health.garbage,
        same_motion=start >= 0,
        labels="".join(label for t, label in found if t < until),
        labels_direct="".join(label for t, label in found_direct if t + shift < until),
    )


def _read(source: Source, seconds: float) -> list[Chunk]:
    """Return the chunks of the first `seconds` of source time."""
    chunks = []
    for chunk in source:
        chunks.append(chunk)
        if len(chunk) and chunk.t[-1] >= seconds:
            break
    return chunks


def _recognise(chunks: list[Chunk]) -> list[tuple[float, str]]:
    """Return the digits, each with the time when it ended; none if no model is shipped."""
    try:
        model = Model.load("airdigit", task="airdigit")
    except ModelError:
        return []
    features, decision = model.features(), model.decision()
    found = []
    for window in (window for chunk in chunks for window in features.process(chunk)):
        if isinstance(window, Window):
            events = decision.process(window, model.window_scores(window))
            found += [(event.t, event.label) for event in events if isinstance(event, Detection)]
    return found


def _start_of_drawing(live_chunks: list[Chunk], direct_chunks: list[Chunk]) -> int:
    """Return the sample at which `live` starts to equal `direct`; -1 if it never does."""
    live = np.concatenate([chunk.values for chunk in live_chunks])
    direct = np.concatenate([chunk.values for chunk in direct_chunks])
    full_scale = HAND_MOTION["accel_g"] * STANDARD_GRAVITY, HAND_MOTION["gyro_dps"] * DEGREE
    tolerance = np.repeat(full_scale, 3) / FULL_SCALE_COUNTS * ROUNDING
    tolerance[3:] += np.abs(direct[:, 3:]).max() * GYRO_SCALE_ERROR
    for start in range(min(len(live), LATEST_START)):
        count = min(len(live) - start, len(direct))
        if (np.abs(live[start : start + count] - direct[:count]) <= tolerance).all():
            return start
    return -1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="(default: %(default)g)")
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="selects the simulated people"
    )
    args = parser.parse_args()
    started = time.monotonic()
    figures = soak(args.seconds, args.seed)
    print(json.dumps(asdict(figures) | {"wall_seconds": round(time.monotonic() - started, 1)}))
    good = figures.same_motion and not (figures.lost or figures.crc_errors or figures.garbage)
    good = good and abs(figures.rate - 100) <= 1 and figures.labels == figures.labels_direct
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
