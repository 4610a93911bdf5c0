"""The shipped sketch in simavr, in real time, on a port that the shipped commands open."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest

from edge.samples import ACCEL, STANDARD_GRAVITY
from edge.source.serial.source import SerialSource
from firmware_bridge import build, simulate
from firmware_bridge.simulated_board.hand_motion import HandMotion
from firmware_bridge.simulated_board.legacy_sketch import LegacySketch
from firmware_bridge.simulated_board.serial_port import ServedBoard
from firmware_bridge.soak import soak
from firmware_host import REQUIREMENTS, STILL, add_chip, board

STREAM_PROGRAM = """
from edge.source.serial.source import SerialSource
import sys
requirements = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
with SerialSource(sys.argv[1], requirements=requirements) as source:
    for chunk in source:
        print(source.health.samples, source.health.lost, source.health.errors, flush=True)
"""


@contextmanager
def running_program(*command):
    program = subprocess.Popen(
        [sys.executable, *command],
        cwd=build.REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # otherwise `select` misses lines that are buffered already
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def wait_for_line(program, pattern, timeout=10.0):
    """Return the match of the first line of output that matches."""
    until = time.monotonic() + timeout
    while select.select([program.stdout], [], [], max(0, until - time.monotonic()))[0]:
        found = re.search(pattern, program.stdout.readline().decode())
        if found:
            return found
        assert program.poll() is None, program.stderr.read()
    raise AssertionError(f"no line like {pattern!r} within {timeout} s")


def first_samples(path, count=10):
    """Open the port; return the seconds until samples came, and their values."""
    start = time.monotonic()
    with SerialSource(path, requirements=REQUIREMENTS) as source:
        chunks = []
        for chunk in source:
            chunks.append(chunk)
            if source.health.samples >= count:
                break
        took = time.monotonic() - start
        assert source.health.errors == 0
    return took, np.concatenate([chunk.values for chunk in chunks])


def test_firmware_gives_the_same_samples_as_the_simulated_hand():
    board("uno")
    figures = soak(seconds=15, seed=4)
    assert figures.rate == pytest.approx(100, rel=0.01)
    assert (figures.lost, figures.crc_errors, figures.garbage) == (0, 0, 0)
    assert figures.samples > 1400
    assert figures.same_motion
    assert figures.labels == figures.labels_direct  # both empty while no model is shipped


def test_port_can_be_closed_and_opened_twenty_times_while_streaming():
    machine = board("uno")
    add_chip(machine)
    with ServedBoard(machine, resets=False) as served:
        for _ in range(20):
            took, values = first_samples(served.port.path)
            assert took < 2.0
            assert values == pytest.approx(np.tile(STILL, (len(values), 1)), abs=0.003)


def test_uno_restarts_when_its_port_is_opened():
    machine = board("uno")
    add_chip(machine)
    with ServedBoard(machine) as served:
        for _ in range(3):
            took, values = first_samples(served.port.path)
            assert 1.0 < took < 2.0  # the boot loader takes one second
            assert values == pytest.approx(np.tile(STILL, (len(values), 1)), abs=0.003)
            time.sleep(0.1)  # a port reopened at once is not detected as closed


@pytest.mark.parametrize(
    "option",
    [
        ("--digits", "1a"),
        ("--digits", ""),
        ("--seed", "-1"),
        ("--address", "0x10"),
        ("--who-am-i", "0x168"),
        ("--board", "mega"),
    ],
)
def test_impossible_option_is_a_usage_error(option, capsys):
    with pytest.raises(SystemExit) as stop:
        simulate.main(["--board", "esp32", *option])
    assert stop.value.code == 2
    assert f"argument {option[0]}: " in capsys.readouterr().err


def test_killed_host_can_be_restarted_and_ctrl_c_ends_the_simulator():
    board("uno")
    with running_program("-m", "firmware_bridge.simulate", "--seed", "3") as simulator:
        path = wait_for_line(simulator, "(/dev/pts/[0-9]+)").group(1)
        wait_for_line(simulator, "Ctrl-C")
        for _ in range(2):
            start = time.monotonic()
            with running_program(
                "-c", "import edge.source.serial.source, numpy, serial"
            ) as imports:
                imports.wait()
            import_time = time.monotonic() - start
            start = time.monotonic()
            with running_program("-c", STREAM_PROGRAM, path) as host:
                wait_for_line(host, "^[1-9]")
                assert time.monotonic() - start - import_time < 2.0
                wait_for_line(host, "^([5-9][0-9]|[0-9]{3}) 0 0$")
                host.send_signal(signal.SIGKILL)
        simulator.send_signal(signal.SIGINT)
        _, errors = simulator.communicate(timeout=5)
    assert (simulator.returncode, errors) == (0, b"")


def test_airdigit_live_survives_faults_of_a_simulated_board():
    board("uno")
    fault = ("--nacks", "6", "1", "--who-am-i", "0x98", "--address", "0x69")
    with running_program("-m", "firmware_bridge.simulate", "--digits", "1", *fault) as simulator:
        path = wait_for_line(simulator, "(/dev/pts/[0-9]+)").group(1)
        command = "import sys; from edge.commands.airdigit_live import main; sys.exit(main())"
        with running_program("-c", command, "--port", path, "--json") as live:
            time.sleep(8.5)  # the command has started before the fault, on a busy machine too
            live.send_signal(signal.SIGINT)
            output, errors = live.communicate(timeout=5)
    assert live.returncode == 0
    summary = json.loads(output.splitlines()[-1])
    assert summary["event"] == "summary"
    # The chip's FIFO of 4 KB holds all samples of the second without an answer.
    assert summary["lost"] == 0
    assert summary["errors"] == pytest.approx(100, abs=15)
    assert b"Traceback" not in errors


def test_legacy_sketch_is_read():
    hand = HandMotion("0123456789", seed=2)
    sketch = LegacySketch(hand)
    with (
        ServedBoard(sketch, on_open=hand.begin) as served,
        SerialSource(served.port.path) as source,
    ):
        assert (source.channels, source.rate) == (ACCEL, 20)
        chunks = []
        for chunk in source:
            chunks.append(chunk)
            if source.health.samples > 40:
                break
    values = np.concatenate([chunk.values for chunk in chunks])
    # The sketch subtracts the gravity at power-on; with it added again, the magnitude is gravity.
    assert np.median(np.linalg.norm(values, axis=1)) == pytest.approx(STANDARD_GRAVITY, rel=0.1)
    assert source.health.lost == source.health.errors == 0


def test_legacy_sketch_prints_the_documented_bytes():
    sketch = LegacySketch(lambda t: np.array([0.5, -4.9, STANDARD_GRAVITY * (1 + (t > 1))]))
    sketch.run(2.01)
    output = sketch.receive()
    banner = (
        b"Initializing IMU...\r\nMPU6050 connection successful\r\nOffset: 0.05\t-0.50\t1.00\r\n"
    )
    assert output.startswith(banner + b"0.00,0.00,0.00\r\n")
    rows = output[len(banner) :]
    assert rows.count(b"\r\n") == 41 + 3  # 20 a second, and 3 blank lines after 30
    assert rows.split(b"\r\n\r\n\r\n\r\n")[0].count(b"\r\n") == 29
    assert rows.endswith(b"0.00,0.00,1.00\r\n")
    silent = LegacySketch(lambda t: np.zeros(3), connected=False)
    silent.run(0.01)
    assert b"MPU6050 connection failed\r\nOffset: 0.00\t0.00\t0.00\r\n0.00" in silent.receive()


def test_unread_bytes_are_lost_and_new_ones_arrive():
    machine = board("esp32")
    add_chip(machine)
    with ServedBoard(machine, resets=False) as served:
        first_samples(served.port.path)
        port = os.open(served.port.path, os.O_RDWR | os.O_NOCTTY)
        time.sleep(0.3)
        os.close(port)
        took, _ = first_samples(served.port.path)
        assert took < 2.0
