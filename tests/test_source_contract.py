"""What every source promises, whatever is behind it. A new source is one more line in SOURCES."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
from i2c_bus import Clock, Kernel, running
from pty_board import FramedBoard, Line, Printer, csv, tilting

from edge.recording import Recording, own_csv
from edge.registry import load
from edge.samples import ACCEL, MOTION, STANDARD_GRAVITY, Health
from edge.simulation.mpu6050 import EmulatedMPU6050
from edge.source import MOTION_SOURCES, Source
from edge.source.i2c import I2CSource
from edge.source.replay import ReplaySource
from edge.source.serial_port import SerialSource
from edge.source.simulated_hand import SimulatedHand

NEEDS = {"channels": list(MOTION), "rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
LOOK = 1.0  # s of each source
LATE = 1.0  # s: the promised 0.25 s, and what a busy machine adds


@contextmanager
def framed_serial(folder: Path) -> Iterator[Source]:
    line = Line(folder / "ttyUSB0")
    with FramedBoard(line):
        yield SerialSource(str(line.path), needs=NEEDS)


@contextmanager
def text_serial(folder: Path) -> Iterator[Source]:
    line = Line(folder / "ttyUSB0")
    with Printer(line, csv(tilting(10))):
        yield SerialSource(str(line.path), needs=NEEDS)


@contextmanager
def unplugged_serial(folder: Path) -> Iterator[Source]:
    """A board that is pulled out and plugged in again while it is read."""
    line = Line(folder / "ttyUSB0")
    board = FramedBoard(line)

    class Puller(SerialSource):
        def __iter__(self):  # noqa: ANN204
            for number, chunk in enumerate(super().__iter__()):
                if number == 10:
                    line.unplug()
                if number == 12:
                    line.plug()
                yield chunk

    with board:
        yield Puller(str(line.path), needs=NEEDS)


@contextmanager
def emulated_i2c(folder: Path) -> Iterator[Source]:
    """Under the real smbus2, in real time."""
    clock = RealClock()
    rest = np.array([0.3, 0.2, 9.7, 0.02, 0, 0])
    chip = EmulatedMPU6050(lambda t: rest + 0.1 * np.sin(t), clock)
    with running(Kernel(clock, chip)):
        yield I2CSource(1, None, NEEDS)


@contextmanager
def replay(folder: Path) -> Iterator[Source]:
    """Two recordings, the first with a gap, that are played one after the other."""
    t = np.r_[np.arange(20), np.arange(30, 40)] / 100
    for name in ("a.csv", "b.csv"):
        recording = Recording.checked(t, np.full((30, 6), 5.7), MOTION)
        (folder / name).write_text(own_csv.render(recording))
    yield ReplaySource([folder])


@contextmanager
def mock(folder: Path) -> Iterator[Source]:
    yield SimulatedHand(NEEDS)


class RealClock(Clock):
    def __call__(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """The wire is faster than this."""


Factory = Callable[[Path], AbstractContextManager[Source]]
SOURCES: dict[str, Factory] = {
    "serial, framed": framed_serial,
    "serial, text": text_serial,
    "serial, unplugged": unplugged_serial,
    "i2c": emulated_i2c,
    "replay": replay,
    "mock": mock,
}


@pytest.fixture(params=SOURCES.values(), ids=SOURCES.keys())
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    """Made, but not opened."""
    with request.param(tmp_path) as source:
        yield source


def test_what_every_source_promises(source: Source) -> None:
    assert isinstance(source, Source)
    with source as opened:
        assert opened is source
        assert source.channels in (MOTION, ACCEL)
        assert isinstance(source.rate, float)
        assert 10 <= source.rate <= 1000
        chunks = []
        start = last = time.monotonic()
        for chunk in source:
            now = time.monotonic()
            assert now - last < LATE
            last = now
            chunks.append(chunk)
            if now - start > LOOK:
                break
        described = source.describe()
    for chunk in chunks:
        assert chunk.t.dtype == np.float64
        assert chunk.values.dtype == np.float32
        assert chunk.values.shape == (len(chunk.t), len(source.channels))
        assert np.isfinite(chunk.values).all()
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    assert len(t) > 0
    assert (np.diff(t) > 0).all()
    health = source.health
    assert isinstance(health, Health)
    assert health.samples == len(t)
    assert health.rate == pytest.approx(source.rate, rel=0.1)
    assert isinstance(described, dict)
    assert min(health.lost, health.clipped, health.garbage, health.errors) >= 0
    # m/s^2 and rad/s: nobody's hand is faster, and gravity is in it.
    assert np.abs(values).max() < 16 * STANDARD_GRAVITY
    assert 5 < np.median(np.linalg.norm(values[:, :3], axis=1)) < 20


@pytest.mark.parametrize("name", MOTION_SOURCES)
def test_a_source_that_is_not_asked_for_stays_away(name: str) -> None:
    kind = load(MOTION_SOURCES, name)
    assert issubclass(kind, Source)
    parser = argparse.ArgumentParser()
    for other in MOTION_SOURCES:
        load(MOTION_SOURCES, other).add_options(parser.add_argument_group(other))
    assert kind.from_options(parser.parse_args([]), NEEDS) is None
