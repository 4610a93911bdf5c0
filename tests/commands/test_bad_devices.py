"""Serial ports and I2C buses that cannot be used: each command ends with one line of error."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from command_process import (
    REQUIRED_OPTIONS,
    ROOT,
    TIMEOUT,
    WITHOUT_PRIVILEGES,
    deny_access,
    error_message,
    every_live_command,
    start,
)
from edge.commands import airdigit_doctor, airdigit_live, airdigit_record
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from i2c_bus import FakeKernel, VirtualClock, kernel_under_smbus2


@contextlib.contextmanager
def serial_port() -> Iterator[tuple[int, str]]:
    """Give a port that exists: the descriptor of the board's end, and its path."""
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        yield master, os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)


@every_live_command
class TestPorts:
    def test_a_missing_port_is_an_error(self, command):
        message = error_message(command, "--port", "/dev/ttyUSB77")
        assert message.startswith("no such port, /dev/ttyUSB77") and ": " in message

    @pytest.mark.parametrize("path", ["/dev/null", str(ROOT), __file__])
    def test_a_path_that_is_not_a_port_is_an_error(self, command, path):
        message = error_message(command, "--port", path)
        assert "is not a usable serial port" in message and message.endswith(
            "name another with --port"
        )

    def test_a_busy_port_is_an_error(self, command):
        with serial_port() as (_, path):
            other = os.open(path, os.O_RDWR | os.O_NOCTTY)
            fcntl.flock(other, fcntl.LOCK_EX)
            message = error_message(command, "--port", path)
            os.close(other)
        assert message.startswith(f"{path} is busy: close the other program")

    def test_a_port_without_permission_is_an_error(self, command):
        with serial_port() as (_, path):
            deny_access(path)
            message = error_message(command, "--port", path, first=WITHOUT_PRIVILEGES)
        assert message.startswith(f"permission denied on {path}: it belongs to the group ")
        assert "usermod -aG" in message


NOT_SAMPLES = {  # bytes that a board sends: part of the error
    b"": "no byte came: press the board's reset button",
    b"\xb5\x00\xfe\x80" * 16: "the speed is probably wrong; use",
    b"no numbers here, sorry " * 3: "flash the sketch that sends them",
    b"1,2,3,4,5\r\n" * 6: "rows of 5 columns; accepted are 3",
    b"nan,nan,nan\r\n" * 2: "hold no numbers (nan): check the sensor's wiring",
    b"0.0,0.0,0.0\r\n" * 2: "the sensor sleeps or is not wired",
    b"512,480,16384\r\n" * 2: "not raw counts",
}


def test_data_that_is_not_samples_gives_an_error_with_its_kind_and_uses_little_memory():
    """Runs all cases at once; each port receives more bytes than a board could send."""
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        processes = {}
        for sent in NOT_SAMPLES:
            master, path = stack.enter_context(serial_port())
            if sent:
                stack.enter_context(flooding(master, sent))
            processes[sent] = stack.enter_context(start("airdigit-record", "--port", path))
        largest = 0.0
        while time.monotonic() < started + 4.0:  # nearly all of the 5 s of listening
            time.sleep(0.1)
            largest = max(largest, *(peak_megabytes(p.pid) for p in processes.values()))
        for sent, message in NOT_SAMPLES.items():
            out, err = processes[sent].communicate(timeout=TIMEOUT)
            assert (processes[sent].returncode, out) == (1, "")
            (line,) = err.splitlines()
            assert line.startswith("airdigit-record: error: ") and message in line
    assert time.monotonic() - started < 12  # 5 s of listening, and the start of seven processes
    assert 10 < largest < 150


def peak_megabytes(pid: int) -> float:
    """Return the peak memory of the program. That of rusage includes its parent before the fork."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0  # the process has ended, but was not waited for


@contextlib.contextmanager
def flooding(master: int, sent: bytes) -> Iterator[None]:
    os.set_blocking(master, False)
    stop = threading.Event()

    def flood() -> None:
        while not stop.wait(0.01):
            with contextlib.suppress(BlockingIOError):
                os.write(master, sent)

    thread = threading.Thread(target=flood)
    thread.start()
    yield
    stop.set()
    thread.join()


@every_live_command
class TestBuses:
    """With the real smbus2, in this process: the emulated kernel cannot be used in another one."""

    def error_message(
        self, command: str, capsys: pytest.CaptureFixture[str], kernel: FakeKernel
    ) -> str:
        module = {m.__name__.rpartition(".")[2]: m for m in (airdigit_live, airdigit_record)}
        module["airdigit_doctor"] = airdigit_doctor
        with kernel_under_smbus2(kernel):
            main: Callable[[list[str]], int] = module[command.replace("-", "_")].main
            status = main([*REQUIRED_OPTIONS.get(command, ()), "--i2c", "1"])
        assert status == 1
        printed = capsys.readouterr()
        line = (printed.out if command == "airdigit-doctor" else printed.err).splitlines()[0]
        return line.replace(" -> ", ": ")

    def chip(self, **kind: int) -> tuple[VirtualClock, EmulatedMPU6050]:
        clock = VirtualClock()
        return clock, EmulatedMPU6050(lambda t: np.zeros(6), clock, **kind)

    def test_a_bus_without_devices_is_an_error(self, command, capsys):
        message = self.error_message(command, capsys, FakeKernel(VirtualClock()))
        assert "no sensor answers at 0x68 or 0x69 on i2c-1: check the wires" in message

    def test_a_bus_with_another_device_is_an_error(self, command, capsys):
        message = self.error_message(command, capsys, FakeKernel(*self.chip(who_am_i=0x33)))
        assert "has ID 0x33, which is not an MPU6050" in message and "--address 0x69" in message

    def test_a_missing_bus_is_an_error(self, command):
        message = error_message(command, "--i2c", "99")
        assert message.startswith("no /dev/i2c-99, there is") and "raspi-config" in message
