"""The serial source under the real pyserial, on pseudo-terminals that misbehave like boards."""

import errno
import logging
import os
import resource
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from edge.errors import RuntimeMissing, SourceError
from edge.samples import ACCEL, MOTION, STANDARD_GRAVITY
from edge.source.serial import ports as serial_ports
from edge.source.serial import source as serial_port
from edge.source.serial.framed import protocol
from edge.source.serial.source import SerialSource
from edge.source.serial.text import format
from pty_board import FramedBoard, Line, Printer, csv, tilting

NEEDS = {"channels": list(MOTION), "rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
BOOT_NOISE = b"\xf8\x80\x00\xff\x1b\nets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET)\r\n"


@pytest.fixture
def line(tmp_path):
    line = Line(tmp_path / "ttyUSB0")
    yield line
    line.unplug()


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(serial_port, "SILENCE", 0.8)
    monkeypatch.setattr(serial_port, "BOOTING", 2.0)
    monkeypatch.setattr(serial_port, "ASIDE", 0.05)
    monkeypatch.setattr(serial_port, "RETRY", 0.05)
    monkeypatch.setattr(format, "LISTEN", 0.3)


def open_source(line, **how):
    return SerialSource(str(line.path), requirements=NEEDS, **how)


def collect(source, seconds=None, samples=None, timeout=5.0):
    """Chunks for a while, or until there are so many samples."""
    chunks, start, last = [], time.monotonic(), time.monotonic()
    for chunk in source:
        now = time.monotonic()
        assert now - last < 1.0  # 0.25 s, and what a busy machine adds
        last = now
        chunks.append(chunk)
        if seconds is not None and now - start > seconds:
            break
        if samples is not None and sum(map(len, chunks)) >= samples:
            break
        assert now - start < timeout, f"only {sum(map(len, chunks))} samples"
    t = np.concatenate([chunk.t for chunk in chunks])
    assert (np.diff(t) > 0).all()
    return t, np.concatenate([chunk.values for chunk in chunks])


def refused(source, match):
    with pytest.raises(SourceError, match=match) as caught, source:
        pass
    assert "\n" not in str(caught.value)


# -- what a board may speak


def test_a_framed_board_is_set_up_and_streams(line):
    with FramedBoard(line) as board:
        with open_source(line) as source:
            assert (source.channels, source.rate) == (MOTION, 100)
            t, values = collect(source, samples=80)
        time.sleep(0.05)
        assert board.commands[-1] == protocol.STOP.number
    assert (board.settings["accel_g"], board.settings["gyro_dps"]) == (4, 500)
    assert np.diff(t).mean() == pytest.approx(0.01, rel=0.1)
    assert values[-1, 2] == pytest.approx(STANDARD_GRAVITY)
    assert source.health.samples == len(t)
    assert source.health.lost == source.health.errors == 0


def test_a_board_that_streams_already_and_boots_with_noise(line):
    board = FramedBoard(line)
    board.running = True
    with board:
        line.write(BOOT_NOISE)
        with open_source(line) as source:
            line.write(BOOT_NOISE)
            _, values = collect(source, samples=50)
    assert values[:, 2] == pytest.approx(STANDARD_GRAVITY)


def test_six_columns_of_text(line, caplog):
    caplog.set_level(logging.INFO)
    with Printer(line, [BOOT_NOISE, *csv(tilting(4))]), open_source(line) as source:
        assert (source.channels, source.rate) == (MOTION, 100)
        _, values = collect(source, samples=100)
    assert np.linalg.norm(values[:, :3], axis=1) == pytest.approx(STANDARD_GRAVITY, rel=0.01)
    assert np.abs(values[:, 3]).max() == pytest.approx(5, rel=0.02)
    assert caplog.text.count("acceleration in g") == 1


def test_the_legacy_sketch_byte_for_byte(line):
    accel = tilting(3, 50)[:, :3] - [0, 0, 1]
    lines = [b""] * 20  # it boots when the port is opened
    lines += [
        b"Initializing IMU...\r\nMPU6050 connection successful\r\nOffset: 0.00\t0.00\t1.00\r\n"
    ]
    for at, row in enumerate(csv(accel, "%.2f")):
        lines.append(row + (b"\r\n\r\n\r\n" if at % 30 == 29 else b""))
    # Twice and a half its speed, so that the test need not last.
    with Printer(line, lines, 50), open_source(line) as source:
        assert (source.channels, source.rate) == (ACCEL, 50)
        _, values = collect(source, samples=60)
    assert np.linalg.norm(values, axis=1) == pytest.approx(STANDARD_GRAVITY, abs=0.15)
    assert source.health.errors == source.health.lost == 0


# -- what may be wrong when it is opened


def test_silence(line):
    refused(open_source(line), "not a byte came")


def test_bytes_at_a_wrong_speed(line):
    noise = np.random.default_rng(2).integers(128, 256, (400, 12), dtype=np.uint8)
    with Printer(line, [row.tobytes() for row in noise]):
        refused(open_source(line, baud=115200), "115200 baud.*--baud 9600")


def test_text_that_is_no_rows(line):
    with Printer(line, [b"hello world\r\n"] * 400):
        refused(open_source(line), "hello world.*flash")


def test_wrong_columns(line):
    with Printer(line, [b"1.0,2.0,3.0,4.0\r\n"] * 400):
        refused(open_source(line), "4 columns")


def test_rows_that_stop(line):
    with Printer(line, csv(tilting(0.2))):
        refused(open_source(line), "stopped")


def test_a_board_whose_sensor_is_silent(line):
    board = FramedBoard(line)
    board.dead_sensor = True
    with board:
        refused(open_source(line), "no samples: check its sensor")


def test_firmware_of_another_version(line):
    with FramedBoard(line, schema=12345):
        refused(open_source(line), "flash the firmware")


def test_no_such_port_lists_those_there_are(monkeypatch):
    ports(monkeypatch, port("/dev/ttyACM7", 0x2341))
    refused(SerialSource("/dev/nowhere"), r"no such port, /dev/nowhere.*/dev/ttyACM7")
    ports(monkeypatch)
    refused(SerialSource("/dev/nowhere"), "nor any other")


def test_a_busy_port(line):
    with FramedBoard(line), open_source(line):
        refused(open_source(line), "is busy: close the other program")


def test_a_port_that_is_no_port(tmp_path):
    (tmp_path / "file").write_text("1,2,3\n")
    refused(SerialSource(str(tmp_path / "file")), "no serial port")
    refused(SerialSource(str(tmp_path)), "no serial port")


@pytest.mark.parametrize("baud", [0, -1, 10**12])
def test_an_impossible_speed(line, baud):
    refused(open_source(line, baud=baud), "baud")


def test_permission_denied_names_the_group(monkeypatch):
    monkeypatch.setattr("pathlib.Path.group", lambda path: "dialout")
    error = OSError(errno.EACCES, "Permission denied")
    said = serial_ports.explain("/dev/ttyUSB0", error)
    assert "group dialout" in said
    assert "sudo usermod -aG dialout $USER" in said


def test_pyserial_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(RuntimeMissing, match="pip install pyserial"):
        SerialSource("/dev/ttyUSB0").__enter__()


def test_unplugged_while_it_is_recognised(line):
    line.write(b"x")
    source = open_source(line)
    source._read = lambda: line.unplug() or SerialSource._read(source)
    refused(source, "was unplugged")


# -- unplugging


def test_a_board_that_is_unplugged_and_comes_back_restarted(line, caplog):
    with FramedBoard(line) as board, open_source(line) as source:
        before, _ = collect(source, samples=30)
        line.unplug()
        collect(source, seconds=0.4)
        board.boot()
        line.plug()
        after, values = collect(source, samples=30)
    assert source.health.reconnects == 1
    assert after[0] - before[-1] == pytest.approx(0.45, abs=0.25)
    assert source.health.lost == pytest.approx((after[0] - before[-1]) * 100 - 1, abs=12)
    assert values[-1, 2] == pytest.approx(STANDARD_GRAVITY)
    assert caplog.text.count("was unplugged") == 1
    assert caplog.text.count("is back") == 1


def test_a_loose_cable_on_a_board_that_runs_on(line):
    with FramedBoard(line) as board, open_source(line) as source:
        for _ in range(3):
            collect(source, samples=20)
            line.unplug()
            collect(source, seconds=0.1)
            line.plug()
        collect(source, samples=20)
        assert source.health.reconnects == 3
        assert source.health.samples + source.health.lost <= board.seq
        assert source.health.lost >= 3 * 5


def test_text_goes_on_after_unplugging(line):
    with Printer(line, csv(tilting(20))), open_source(line) as source:
        before, _ = collect(source, samples=40)
        line.unplug()
        collect(source, seconds=0.7)
        line.plug()
        after, _ = collect(source, samples=30)
    assert source.health.reconnects == 1
    assert after[0] - before[-1] == pytest.approx(0.75, abs=0.2)
    assert source.health.lost == pytest.approx((after[0] - before[-1]) * 100, abs=15)


def test_a_pause_is_said_once_and_costs_no_cpu(line, caplog):
    with FramedBoard(line) as board, open_source(line) as source:
        collect(source, samples=20)
        board.dead_sensor = True
        collect(source, seconds=0.2)
        before = time.thread_time()
        collect(source, seconds=1.2)
        assert time.thread_time() - before < 0.1
        assert caplog.text.count("no samples from") == 1
        board.dead_sensor = False
        collect(source, samples=20)


# -- finding the port


def port(device, vid=None, serial_number=None, description="USB Serial"):
    return _Port(
        device=device,
        name=os.path.basename(device),
        vid=vid,
        pid=0x7523,
        serial_number=serial_number,
        description=description,
    )


class _Port(SimpleNamespace):
    def __lt__(self, other):
        return self.device < other.device


def ports(monkeypatch, *there):
    serial = serial_ports.pyserial()
    monkeypatch.setattr(serial.tools.list_ports, "comports", lambda: list(there))


def test_auto_takes_the_one_board_and_says_so(line, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    modem = port("/dev/ttyACM9", 0x1199)
    ports(monkeypatch, port("/dev/ttyS0"), modem, port(str(line.path), 0x1A86))
    with FramedBoard(line), SerialSource("auto", requirements=NEEDS) as source:
        collect(source, samples=10)
    assert str(line.path) in caplog.text


def test_auto_takes_an_unknown_usb_port_if_it_is_the_only_one(monkeypatch):
    ports(monkeypatch, port("/dev/ttyS0"), port("/dev/ttyUSB3", 0x9999))
    assert serial_ports.find_port().device == "/dev/ttyUSB3"


def test_auto_lists_several(monkeypatch):
    ports(monkeypatch, port("/dev/ttyUSB1", 0x1A86), port("/dev/ttyUSB0", 0x10C4))
    refused(SerialSource("auto"), r"ttyUSB0 \(.*CP210x.*ttyUSB1 \(.*CH340.*\)")


def test_auto_without_any_names_the_mock(monkeypatch):
    ports(monkeypatch, port("/dev/ttyS0"))
    refused(SerialSource("auto"), "--mock")


def test_auto_follows_the_board_to_a_new_name(line, tmp_path, monkeypatch):
    other = port("/dev/ttyUSB5", 0x1A86, "B")
    ports(monkeypatch, port(str(line.path), 0x1A86, "A"))
    with FramedBoard(line) as board, SerialSource("auto", requirements=NEEDS) as source:
        collect(source, samples=20)
        line.unplug()
        board.boot()
        line.plug(tmp_path / "ttyUSB1")
        ports(monkeypatch, other, port(str(line.path), 0x1A86, "A"))
        collect(source, samples=20)
    assert source.health.reconnects == 1


# -- cost


def test_it_costs_little(line):
    """The board of this test runs in another thread, so only this thread's time counts."""
    with FramedBoard(line), open_source(line) as source:
        stream = iter(source)
        before = resource.getrusage(resource.RUSAGE_THREAD)
        start = time.monotonic()
        while time.monotonic() - start < 1.0:
            next(stream)
        after = resource.getrusage(resource.RUSAGE_THREAD)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.05
