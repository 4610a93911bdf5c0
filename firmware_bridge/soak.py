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
from dataclasses import asdict, dataclass

import numpy as np

from edge.errors import ModelError
from edge.events import Detection
from edge.features import Window
from edge.model import Model
from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY, Chunk
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.simulation.seeds import seed
from edge.source import HAND_MOTION, Source
from edge.source.serial.framed.stream import FULL_SCALE
from edge.source.serial.source import SerialSource
from edge.source.simulated.hand import SimulatedHand
from firmware_bridge import machine
from firmware_bridge.motion import HandMotion
from firmware_bridge.port import Served

ROUNDED = 2.5  # counts, by the chip and by the hand
GYRO_SCALES_DIFFER = 2e-3  # 65.5 counts per deg/s are not quite 32768 / 500
LATEST = 1000  # samples, within which the hand has begun
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


def soak(seconds: float, seed: int) -> Figures:
    hand = HandMotion(seed=seed)
    board = machine.uno()
    board.chips.append(EmulatedMPU6050(hand, board.clock, rate_error=hand.rate_error))
    with (
        Served(board, resets=False) as served,
        SerialSource(served.port.path, requirements=HAND_MOTION) as source,
    ):
        hand.begin()
        live = _listen(source, seconds)
    with SimulatedHand(HAND_MOTION, seed=seed, speed=math.inf) as source_direct:
        direct = _listen(source_direct, seconds + 1)
    found, found_direct = _recognise(live), _recognise(direct)
    health = source.health
    begun = _begun(live, direct)
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


def _listen(source: Source, seconds: float) -> list[Chunk]:
    """What it gives in so many seconds of its own time."""
    chunks = []
    for chunk in source:
        chunks.append(chunk)
        if len(chunk) and chunk.t[-1] >= seconds:
            break
    return chunks


def _recognise(chunks: list[Chunk]) -> list[tuple[float, str]]:
    """The digits, and when they ended; none while no model is shipped."""
    try:
        model = Model.load("airdigit", task="airdigit")
    except ModelError:
        return []
    features, decision = model.features(MOTION), model.decision()
    found = []
    for window in (window for chunk in chunks for window in features.process(chunk)):
        if isinstance(window, Window):
            events = decision.process(window, model.scores(window.tensor))
            found += [(event.t, event.label) for event in events if isinstance(event, Detection)]
    return found


def _begun(live_chunks: list[Chunk], direct_chunks: list[Chunk]) -> int:
    """Samples at rest before the hand began; -1 when what follows is not what it did."""
    live = np.concatenate([chunk.values for chunk in live_chunks])
    direct = np.concatenate([chunk.values for chunk in direct_chunks])
    full_scale = HAND_MOTION["accel_g"] * STANDARD_GRAVITY, HAND_MOTION["gyro_dps"] * DEGREE
    close = np.repeat(full_scale, 3) / FULL_SCALE * ROUNDED
    close[3:] += np.abs(direct[:, 3:]).max() * GYRO_SCALES_DIFFER
    for begun in range(min(len(live), LATEST)):
        both = min(len(live) - begun, len(direct))
        if (np.abs(live[begun : begun + both] - direct[:both]) <= close).all():
            return begun
    return -1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="(default: %(default)g)")
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="which people they are")
    args = parser.parse_args()
    started = time.monotonic()
    figures = soak(args.seconds, args.seed)
    print(json.dumps(asdict(figures) | {"wall_seconds": round(time.monotonic() - started, 1)}))
    good = figures.same_motion and not (figures.lost or figures.crc_errors or figures.garbage)
    good = good and abs(figures.rate - 100) <= 1 and figures.labels == figures.labels_direct
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
