"""The contract that every source fulfils. A new source is one more line in SOURCES."""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from edge.formats.motion import Recording, own_csv
from edge.formats.sound import write_wav
from edge.registry import Registry
from edge.samples import ACCEL, AUDIO, ECG, GREY, MOTION, PLETH, STANDARD_GRAVITY, Health
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.source import (
    COLUMN_SOURCES,
    ECG_SOURCES,
    IMAGE_SOURCES,
    MOTION_SOURCES,
    PLETH_SOURCES,
    SOUND_SOURCES,
    Source,
)
from edge.source.files.columns import ColumnRecords
from edge.source.files.ecg import EcgRecords
from edge.source.files.images import ImageFiles
from edge.source.files.motion import ReplaySource
from edge.source.files.pcm_pipe import PcmSource
from edge.source.files.sound import SoundFiles
from edge.source.i2c.source import I2CSource
from edge.source.microphone.source import MicrophoneSource
from edge.source.serial.source import SerialSource
from edge.source.simulated.circulation import SimulatedCirculation
from edge.source.simulated.columns import SimulatedColumns
from edge.source.simulated.hand import SimulatedHand
from edge.source.simulated.heart import SimulatedHeart
from edge.source.simulated.images import SimulatedImages
from edge.source.simulated.microphone import SimulatedMicrophone
from i2c_bus import FakeKernel, VirtualClock, kernel_under_smbus2
from pty_board import FramedBoard, PtyPort, TextBoard, csv_lines, tilting_rows
from sound_server import running_server
from wfdb_record import write_record

REQUIREMENTS = {"channels": list(MOTION), "rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
SOUND_REQUIREMENTS = {"channels": list(AUDIO), "rate_hz": 16000}
ECG_REQUIREMENTS = {"channels": list(ECG), "rate_hz": 180}
COLUMNS = ("ppg", "flow")
COLUMN_REQUIREMENTS = {"channels": list(COLUMNS), "rate_hz": 100}
PLETH_REQUIREMENTS = {"channels": list(PLETH), "rate_hz": 125}
IMAGE_REQUIREMENTS = {"channels": list(GREY), "rate_hz": 1, "height": 10, "width": 10}
TABLES = [
    (MOTION_SOURCES, REQUIREMENTS),
    (SOUND_SOURCES, SOUND_REQUIREMENTS),
    (ECG_SOURCES, ECG_REQUIREMENTS),
    (COLUMN_SOURCES, COLUMN_REQUIREMENTS),
    (PLETH_SOURCES, PLETH_REQUIREMENTS),
    (IMAGE_SOURCES, IMAGE_REQUIREMENTS),
]
HUM = 0.5 * np.sin(2 * np.pi * 200 * np.arange(48000 * 4) / 48000)
READING_TIME = 1.0  # s of each source
LONGEST_WAIT = 1.0  # s between two chunks: the contract is 0.25 s, but a busy machine is late


@contextmanager
def framed_serial(folder: Path) -> Iterator[Source]:
    port = PtyPort(folder / "ttyUSB0")
    with FramedBoard(port):
        yield SerialSource(str(port.path), requirements=REQUIREMENTS)


@contextmanager
def text_serial(folder: Path) -> Iterator[Source]:
    port = PtyPort(folder / "ttyUSB0")
    with TextBoard(port, csv_lines(tilting_rows(10))):
        yield SerialSource(str(port.path), requirements=REQUIREMENTS)


@contextmanager
def unplugged_serial(folder: Path) -> Iterator[Source]:
    """A board that is unplugged and plugged in again while it is read."""
    port = PtyPort(folder / "ttyUSB0")
    board = FramedBoard(port)

    class UnpluggedSource(SerialSource):
        def __iter__(self):  # noqa: ANN204
            for number, chunk in enumerate(super().__iter__()):
                if number == 10:
                    port.unplug()
                if number == 12:
                    port.plug()
                yield chunk

    with board:
        yield UnpluggedSource(str(port.path), requirements=REQUIREMENTS)


@contextmanager
def emulated_i2c(folder: Path) -> Iterator[Source]:
    """With the real smbus2, in real time."""
    clock = RealClock()
    rest = np.array([0.3, 0.2, 9.7, 0.02, 0, 0])
    chip = EmulatedMPU6050(lambda t: rest + 0.1 * np.sin(t), clock)
    with kernel_under_smbus2(FakeKernel(clock, chip)):
        yield I2CSource(1, None, REQUIREMENTS)


@contextmanager
def replay(folder: Path) -> Iterator[Source]:
    """Two recordings, each with a gap, played one after the other."""
    t = np.r_[np.arange(20), np.arange(30, 40)] / 100
    for name in ("a.csv", "b.csv"):
        recording = Recording.checked(t, np.full((30, 6), 5.7), MOTION)
        (folder / name).write_text(own_csv.render(recording))
    yield ReplaySource([folder], REQUIREMENTS)


@contextmanager
def mock(folder: Path) -> Iterator[Source]:
    yield SimulatedHand(REQUIREMENTS)


@contextmanager
def microphone(folder: Path) -> Iterator[Source]:
    write_wav(folder / "hum.wav", HUM, 48000)
    with running_server() as server:
        player = server.play("vmic48", folder / "hum.wav")
        yield MicrophoneSource(SOUND_REQUIREMENTS, "vmic48")
        player.kill()
        player.wait()


@contextmanager
def sound_files(folder: Path) -> Iterator[Source]:
    """Two files of different rates, played one after the other."""
    write_wav(folder / "a.wav", HUM[:24000], 48000)
    write_wav(folder / "b.wav", HUM[:24000:3], 16000)
    yield SoundFiles([folder], SOUND_REQUIREMENTS, speed=2)


@contextmanager
def pcm(folder: Path) -> Iterator[Source]:
    """A program that writes sound in real time, then nothing."""
    read_end, write_end = os.pipe()

    def record() -> None:
        with open(write_end, "wb", buffering=0) as file:
            for block in HUM[:24000].reshape(-1, 960):
                file.write((block * 32767).astype("<i2").tobytes())
                time.sleep(0.02)
            time.sleep(READING_TIME)

    recorder = threading.Thread(target=record)
    recorder.start()
    yield PcmSource(SOUND_REQUIREMENTS, rate=48000, descriptor=read_end)
    recorder.join()
    os.close(read_end)


@contextmanager
def simulated_microphone(folder: Path) -> Iterator[Source]:
    yield SimulatedMicrophone(SOUND_REQUIREMENTS)


@contextmanager
def ecg_serial(folder: Path) -> Iterator[Source]:
    """An AD8232 with the sketch of its maker: one number a line, "!" while an electrode is off."""
    port = PtyPort(folder / "ttyUSB0")
    rows = (b"!\r\n" if k == 300 else b"%d\r\n" % (512 + k % 90) for k in range(2000))
    with TextBoard(port, rows, rate=200):
        yield SerialSource(str(port.path), requirements=ECG_REQUIREMENTS)


@contextmanager
def ecg_records(folder: Path) -> Iterator[Source]:
    """Two records, played one after the other."""
    for name in ("a", "b"):
        write_record(folder / f"{name}.hea", {"II": np.sin(np.arange(180))})
    yield EcgRecords([folder], ECG_REQUIREMENTS)


@contextmanager
def simulated_heart(folder: Path) -> Iterator[Source]:
    yield SimulatedHeart(ECG_REQUIREMENTS)


@contextmanager
def column_serial(folder: Path) -> Iterator[Source]:
    """A board that prints the time and two numbers a line, and sometimes something else."""
    port = PtyPort(folder / "ttyUSB0")
    rows = (b"?\r\n" if k == 300 else b"%d,%d,%.2f\r\n" % (k * 5, k % 90, 0.3) for k in range(2000))
    with TextBoard(port, rows, rate=200):
        yield SerialSource(str(port.path), requirements=COLUMN_REQUIREMENTS)


@contextmanager
def column_records(folder: Path) -> Iterator[Source]:
    """A table and a WFDB record, played one after the other."""
    waves = np.sin(np.arange(200) / 9)
    np.savetxt(folder / "a.csv", np.c_[waves, waves], delimiter=",")
    write_record(folder / "b.hea", {"flow": waves, "PPG": waves}, rate=100)
    yield ColumnRecords([folder], COLUMN_REQUIREMENTS)


@contextmanager
def simulated_columns(folder: Path) -> Iterator[Source]:
    yield SimulatedColumns(COLUMN_REQUIREMENTS)


@contextmanager
def simulated_circulation(folder: Path) -> Iterator[Source]:
    yield SimulatedCirculation(PLETH_REQUIREMENTS)


@contextmanager
def image_files(folder: Path) -> Iterator[Source]:
    for name in ("a", "b", "c"):
        (folder / f"{name}.pgm").write_text("P2 3 2 9 1 2 3 4 5 6")
    yield ImageFiles([folder], IMAGE_REQUIREMENTS, speed=10)


@contextmanager
def simulated_images(folder: Path) -> Iterator[Source]:
    yield SimulatedImages(IMAGE_REQUIREMENTS, speed=10)


class RealClock(VirtualClock):
    def __call__(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Transfers on the fake bus take no real time."""


Factory = Callable[[Path], AbstractContextManager[Source]]
SOURCES: dict[str, Factory] = {
    "serial, framed": framed_serial,
    "serial, text": text_serial,
    "serial, unplugged": unplugged_serial,
    "i2c": emulated_i2c,
    "replay": replay,
    "mock": mock,
    "microphone": microphone,
    "sound files": sound_files,
    "pcm": pcm,
    "simulated microphone": simulated_microphone,
    "ecg, serial": ecg_serial,
    "ecg records": ecg_records,
    "simulated heart": simulated_heart,
    "columns, serial": column_serial,
    "column records": column_records,
    "simulated columns": simulated_columns,
    "simulated circulation": simulated_circulation,
    "image files": image_files,
    "simulated images": simulated_images,
}


@pytest.fixture(params=SOURCES.values(), ids=SOURCES.keys())
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    """A source that is not opened yet."""
    with request.param(tmp_path) as source:
        yield source


def test_source_fulfils_the_contract(source: Source) -> None:
    assert isinstance(source, Source)
    with source as opened:
        assert opened is source
        assert source.channels in (MOTION, ACCEL, AUDIO, ECG, PLETH, COLUMNS, GREY)
        assert isinstance(source.rate, float)
        sound = source.channels == AUDIO
        assert source.rate == 16000 if sound else 10 <= source.rate <= 1000
        chunks = []
        start = last = time.monotonic()
        for chunk in source:
            now = time.monotonic()
            assert now - last < LONGEST_WAIT
            last = now
            chunks.append(chunk)
            if now - start > READING_TIME / 2:  # also if nothing is awaited for a long time
                source.wanted_t = np.inf
            if now - start > READING_TIME:
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
    if source.channels != GREY:  # the pixels of an image come at once
        assert health.rate == pytest.approx(source.rate, rel=0.1)
    assert isinstance(described, dict)
    assert min(health.lost, health.clipped, health.garbage, health.errors) >= 0
    if sound:  # full scale is 1
        assert 0.01 < np.abs(values).max() <= 1
        return
    if source.channels in (COLUMNS, GREY):
        assert 0.1 < np.ptp(values) < 100
        return
    if source.channels == ECG:  # in mV
        assert 0.1 < np.ptp(values) < 10
        return
    # In m/s^2 and rad/s: below what a hand can reach, and gravity is included.
    assert np.abs(values).max() < 16 * STANDARD_GRAVITY
    assert 5 < np.median(np.linalg.norm(values[:, :3], axis=1)) < 20


@pytest.mark.parametrize(
    ("table", "name", "requirements"),
    [(table, name, requirements) for table, requirements in TABLES for name in table],
)
def test_source_is_not_created_without_its_option(
    table: Registry, name: str, requirements: dict[str, object]
) -> None:
    kind = table.load(name)
    assert issubclass(kind, Source)
    parser = argparse.ArgumentParser()
    for other in table:
        table.load(other).add_options(parser.add_argument_group(other))
    assert kind.from_options(parser.parse_args([]), requirements) is None
