"""The serial source with the real pyserial, on pseudo-terminals with simulated boards."""

import errno
import logging
import os
import random
import resource
import sys
import threading
import time
from termios import error as TermiosError
from types import SimpleNamespace

import numpy as np
import pytest

from edge.errors import RuntimeMissing, SourceError
from edge.samples import ACCEL, MOTION, STANDARD_GRAVITY
from edge.source.serial import ports as serial_ports
from edge.source.serial import source as serial_source
from edge.source.serial.framed import protocol
from edge.source.serial.source import SerialSource
from edge.source.serial.text import format_detector
from pty_board import FramedBoard, PtyPort, TextBoard, csv_lines, tilting_rows

REQUIREMENTS = {"channels": list(MOTION), "rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
BOUNCING_TIME = float(os.environ.get("BOUNCING_TIME", "10"))  # s
MAX_PAUSE = 3.0  # s between two chunks: the contract is 0.25 s, but a busy machine is late
BOOT_NOISE = b"\xf8\x80\x00\xff\x1b\nets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET)\r\n"


@pytest.fixture
def port(tmp_path):
    port = PtyPort(tmp_path / "ttyUSB0")
    yield port
    port.unplug()


@pytest.fixture(autouse=True)
def shorter_waiting_times(monkeypatch):
    monkeypatch.setattr(serial_source, "SILENCE", 0.8)
    monkeypatch.setattr(serial_source, "BOOT_TIME", 2.0)
    monkeypatch.setattr(serial_source, "LISTEN_FIRST", 0.05)
    monkeypatch.setattr(serial_source, "RETRY_INTERVAL", 0.05)
    monkeypatch.setattr(format_detector, "LISTEN_TIME", 0.3)


def source_on(port, **options):
    return SerialSource(str(port.path), requirements=REQUIREMENTS, **options)


def collect(source, seconds=None, samples=None, timeout=5.0):
    """Return times and values of so many seconds or samples."""
    chunks, start, last = [], time.monotonic(), time.monotonic()
    for chunk in source:
        now = time.monotonic()
        assert now - last < MAX_PAUSE
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


def assert_refused(source, match):
    with pytest.raises(SourceError, match=match) as caught, source:
        pass
    assert "\n" not in str(caught.value)


# -- kinds of boards


def test_framed_board_is_set_up_and_streams(port):
    with FramedBoard(port) as board:
        with source_on(port) as source:
            assert (source.channels, source.rate) == (MOTION, 100)
            t, values = collect(source, samples=80)
        time.sleep(0.05)
        assert board.commands[-1] == protocol.STOP.number
    assert (board.settings["accel_g"], board.settings["gyro_dps"]) == (4, 500)
    assert np.diff(t).mean() == pytest.approx(0.01, rel=0.1)
    assert values[-1, 2] == pytest.approx(STANDARD_GRAVITY)
    assert source.health.samples == len(t)
    assert source.health.lost == source.health.errors == 0


def test_running_board_with_boot_noise_is_read(port):
    board = FramedBoard(port)
    board.running = True
    with board:
        port.write(BOOT_NOISE)
        with source_on(port) as source:
            port.write(BOOT_NOISE)
            _, values = collect(source, samples=50)
    assert values[:, 2] == pytest.approx(STANDARD_GRAVITY)


def test_text_rows_of_six_columns_are_read(port, caplog):
    caplog.set_level(logging.INFO)
    with TextBoard(port, [BOOT_NOISE, *csv_lines(tilting_rows(4))]), source_on(port) as source:
        assert (source.channels, source.rate) == (MOTION, 100)
        _, values = collect(source, samples=100)
    assert np.linalg.norm(values[:, :3], axis=1) == pytest.approx(STANDARD_GRAVITY, rel=0.01)
    assert np.abs(values[:, 3]).max() == pytest.approx(5, rel=0.02)
    assert caplog.text.count("acceleration in g") == 1


def test_legacy_sketch_is_read(port):
    accel = tilting_rows(3, 50)[:, :3] - [0, 0, 1]
    lines = [b""] * 20  # the board boots when the port is opened
    lines += [
        b"Initializing IMU...\r\nMPU6050 connection successful\r\nOffset: 0.00\t0.00\t1.00\r\n"
    ]
    for at, row in enumerate(csv_lines(accel, "%.2f")):
        lines.append(row + (b"\r\n\r\n\r\n" if at % 30 == 29 else b""))
    # Two and a half times the real rate, so that the test is short.
    with TextBoard(port, lines, 50), source_on(port) as source:
        assert (source.channels, source.rate) == (ACCEL, 50)
        _, values = collect(source, samples=60)
    assert np.linalg.norm(values, axis=1) == pytest.approx(STANDARD_GRAVITY, abs=0.15)
    assert source.health.errors == source.health.lost == 0


# -- faults when the port is opened


def test_silent_port_is_refused(port):
    assert_refused(source_on(port), "no byte came")


def test_wrong_baud_rate_is_suspected(port):
    noise = np.random.default_rng(2).integers(128, 256, (400, 12), dtype=np.uint8)
    with TextBoard(port, [row.tobytes() for row in noise]):
        assert_refused(source_on(port, baud=115200), "115200 baud.*--baud 9600")


def test_text_without_rows_is_refused(port):
    with TextBoard(port, [b"hello world\r\n"] * 400):
        assert_refused(source_on(port), "hello world.*flash")


def test_unknown_number_of_columns_is_refused(port):
    with TextBoard(port, [b"1.0,2.0,3.0,4.0\r\n"] * 400):
        assert_refused(source_on(port), "4 columns")


def test_rows_that_stop_are_refused(port):
    with TextBoard(port, csv_lines(tilting_rows(0.2))):
        assert_refused(source_on(port), "stopped")


def test_board_without_samples_is_refused(port):
    board = FramedBoard(port)
    board.dead_sensor = True
    with board:
        assert_refused(source_on(port), "no samples: check its sensor")


def test_firmware_of_another_version_is_refused(port):
    with FramedBoard(port, schema=12345):
        assert_refused(source_on(port), "flash the firmware")


def test_missing_port_error_lists_existing_ports(monkeypatch):
    set_ports(monkeypatch, port_info("/dev/ttyACM7", 0x2341))
    assert_refused(SerialSource("/dev/nowhere"), r"no such port, /dev/nowhere.*/dev/ttyACM7")
    set_ports(monkeypatch)
    assert_refused(SerialSource("/dev/nowhere"), "and no other port")


def test_busy_port_is_refused(port):
    with FramedBoard(port), source_on(port):
        assert_refused(source_on(port), "is busy: close the other program")


def test_path_that_is_not_a_port_is_refused(tmp_path):
    (tmp_path / "file").write_text("1,2,3\n")
    assert_refused(SerialSource(str(tmp_path / "file")), "not a usable serial port")
    assert_refused(SerialSource(str(tmp_path)), "not a usable serial port")


@pytest.mark.parametrize("baud", [0, -1, 10**12])
def test_impossible_baud_rate_is_refused(port, baud):
    assert_refused(source_on(port, baud=baud), "baud")


def test_permission_error_names_the_group(monkeypatch):
    monkeypatch.setattr("pathlib.Path.group", lambda path: "dialout")
    error = OSError(errno.EACCES, "Permission denied")
    message = serial_ports.explain("/dev/ttyUSB0", error)
    assert "group dialout" in message
    assert "sudo usermod -aG dialout $USER" in message


def test_missing_pyserial_error_names_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(RuntimeMissing, match="pip install pyserial"):
        SerialSource("/dev/ttyUSB0").__enter__()


def test_unplugging_during_detection_is_an_error(port):
    port.write(b"x")
    source = source_on(port)
    source._read = lambda: port.unplug() or SerialSource._read(source)
    assert_refused(source, "was unplugged")


# -- unplugging


def test_unplugged_and_restarted_board_is_read_again(port, caplog):
    with FramedBoard(port) as board, source_on(port) as source:
        before, _ = collect(source, samples=30)
        port.unplug()
        collect(source, seconds=0.4)
        board.boot()
        port.plug()
        after, values = collect(source, samples=30)
    assert source.health.reconnects == 1
    assert after[0] - before[-1] == pytest.approx(0.45, abs=0.25)
    assert source.health.lost == pytest.approx((after[0] - before[-1]) * 100 - 1, abs=12)
    assert values[-1, 2] == pytest.approx(STANDARD_GRAVITY)
    assert caplog.text.count("was unplugged") == 1
    assert caplog.text.count("is back") == 1


def test_repeated_interruptions_of_a_running_board_are_counted(port):
    with FramedBoard(port) as board, source_on(port) as source:
        for _ in range(3):
            collect(source, samples=20)
            port.unplug()
            collect(source, seconds=0.1)
            port.plug()
        collect(source, samples=20)
        assert source.health.reconnects == 3
        assert source.health.samples + source.health.lost <= board.seq
        assert source.health.lost >= 3 * 5


def test_waiting_for_a_port_logs_each_reason_once(port, caplog):
    caplog.set_level(logging.DEBUG)
    with FramedBoard(port), source_on(port) as source:
        port.unplug()
        collect(source, seconds=1)
        assert caplog.text.count("no such port") == 1


class Bouncing:
    """Plugs a port in and out every few milliseconds, in a thread, while in a `with`."""

    def __init__(self, port: PtyPort) -> None:
        self.port = port
        self.bounces = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        rng = random.Random(1)
        while not self._stop.is_set():
            self.port.unplug()
            time.sleep(rng.uniform(0, 0.004))
            self.port.plug()
            time.sleep(rng.uniform(0, 0.012))
            self.bounces += 1


def test_bouncing_plug_is_survived(port, monkeypatch):
    monkeypatch.setattr("edge.source.serial.source.RETRY_INTERVAL", 0.001)
    with FramedBoard(port), source_on(port) as source:
        with Bouncing(port) as bouncing:
            collect(source, seconds=BOUNCING_TIME, timeout=2 * BOUNCING_TIME)
        assert bouncing.bounces > 50 * BOUNCING_TIME
        before = source.health.samples
        collect(source, seconds=3)
        assert source.health.samples > before + 100


def test_bouncing_plug_while_the_source_opens_is_one_sentence(port):
    for _ in range(20):
        with FramedBoard(port), Bouncing(port):
            source = source_on(port)
            try:
                with source:
                    pass
            except SourceError as error:
                assert "\n" not in str(error)
        port.unplug()
        port.plug()


@pytest.mark.parametrize("call", ["open", "in_waiting", "read", "write", "close"])
@pytest.mark.parametrize(
    "fault", [OSError(5, "Input/output error"), TermiosError(5, "Input/output error")]
)
def test_every_call_on_a_lost_port_may_fail(port, monkeypatch, call, fault):
    from serial import Serial

    def fail(self, *args):
        raise fault

    with FramedBoard(port), source_on(port) as source:
        with monkeypatch.context() as faulty:
            faulty.setattr(Serial, call, property(fail) if call == "in_waiting" else fail)
            if call in ("open", "close"):
                port.unplug()
                port.plug()
            collect(source, seconds=0.5)
        before = source.health.samples
        collect(source, seconds=3)
        assert source.health.samples > before + 50


def test_unplugged_text_board_is_read_again(port):
    with TextBoard(port, csv_lines(tilting_rows(20))), source_on(port) as source:
        before, _ = collect(source, samples=40)
        port.unplug()
        collect(source, seconds=0.7)
        port.plug()
        after, _ = collect(source, samples=30)
    assert source.health.reconnects == 1
    assert after[0] - before[-1] == pytest.approx(0.75, abs=0.2)
    assert source.health.lost == pytest.approx((after[0] - before[-1]) * 100, abs=15)


def test_silence_is_logged_once_and_uses_no_cpu_time(port, caplog):
    with FramedBoard(port) as board, source_on(port) as source:
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


def port_info(device, vid=None, serial_number=None, description="USB Serial"):
    return _PortInfo(
        device=device,
        name=os.path.basename(device),
        vid=vid,
        pid=0x7523,
        serial_number=serial_number,
        description=description,
    )


class _PortInfo(SimpleNamespace):
    def __lt__(self, other):
        return self.device < other.device


def set_ports(monkeypatch, *ports):
    serial = serial_ports.pyserial()
    monkeypatch.setattr(serial.tools.list_ports, "comports", lambda: list(ports))


def test_auto_selects_the_only_board_and_logs_its_port(port, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    modem = port_info("/dev/ttyACM9", 0x1199)
    set_ports(monkeypatch, port_info("/dev/ttyS0"), modem, port_info(str(port.path), 0x1A86))
    with FramedBoard(port), SerialSource("auto", requirements=REQUIREMENTS) as source:
        collect(source, samples=10)
    assert str(port.path) in caplog.text


def test_auto_selects_an_unknown_usb_port_if_it_is_the_only_one(monkeypatch):
    set_ports(monkeypatch, port_info("/dev/ttyS0"), port_info("/dev/ttyUSB3", 0x9999))
    assert serial_ports.find_port().device == "/dev/ttyUSB3"


def test_auto_with_several_boards_lists_them(monkeypatch):
    set_ports(monkeypatch, port_info("/dev/ttyUSB1", 0x1A86), port_info("/dev/ttyUSB0", 0x10C4))
    assert_refused(SerialSource("auto"), r"ttyUSB0 \(.*CP210x.*ttyUSB1 \(.*CH340.*\)")


def test_auto_without_a_board_suggests_mock(monkeypatch):
    set_ports(monkeypatch, port_info("/dev/ttyS0"))
    assert_refused(SerialSource("auto"), "--mock")


def test_auto_finds_an_unplugged_board_at_a_new_path(port, tmp_path, monkeypatch):
    other = port_info("/dev/ttyUSB5", 0x1A86, "B")
    set_ports(monkeypatch, port_info(str(port.path), 0x1A86, "A"))
    with FramedBoard(port) as board, SerialSource("auto", requirements=REQUIREMENTS) as source:
        collect(source, samples=20)
        port.unplug()
        board.boot()
        port.plug(tmp_path / "ttyUSB1")
        set_ports(monkeypatch, other, port_info(str(port.path), 0x1A86, "A"))
        collect(source, samples=20)
    assert source.health.reconnects == 1


# -- cost


def test_reading_uses_little_cpu_time(port):
    """The simulated board runs in another thread, whose time is not counted."""
    with FramedBoard(port), source_on(port) as source:
        stream = iter(source)
        before = resource.getrusage(resource.RUSAGE_THREAD)
        start = time.monotonic()
        while time.monotonic() - start < 1.0:
            next(stream)
        after = resource.getrusage(resource.RUSAGE_THREAD)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.05


def test_source_sleeps_until_a_sample_is_wanted(port):
    """Ten wake-ups a second instead of twenty, and no sample later than it is wanted."""
    with FramedBoard(port), source_on(port) as source:
        times = []
        for chunk in source:
            if len(chunk):
                assert not times or chunk.t[-1] < source.wanted_t + 0.05
                times.append(chunk.t[-1])
                source.wanted_t = chunk.t[-1] + 0.1
            if len(times) > 12:
                break
    assert np.median(np.diff(times)) == pytest.approx(0.105, abs=0.02)
