"""The shipped sketch in simavr, in real time, on a port that the shipped programs open."""

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
from firmware_bridge.legacy_sketch import LegacySketch
from firmware_bridge.motion import HandMotion
from firmware_bridge.port import Served
from firmware_bridge.soak import soak
from firmware_host import NEEDS, STILL, board, with_chip

STREAM = """
from edge.source.serial.source import SerialSource
import sys
with SerialSource(sys.argv[1], needs={"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}) as source:
    for chunk in source:
        print(source.health.samples, source.health.lost, source.health.errors, flush=True)
"""


@contextmanager
def started(*command):
    program = subprocess.Popen(
        [sys.executable, *command],
        cwd=build.HERE.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # so that no line hides from `select`
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def line(program, matching, timeout=10.0):
    """The first line of its output that matches."""
    until = time.monotonic() + timeout
    while select.select([program.stdout], [], [], max(0, until - time.monotonic()))[0]:
        found = re.search(matching, program.stdout.readline().decode())
        if found:
            return found
        assert program.poll() is None, program.stderr.read()
    raise AssertionError(f"nothing like {matching!r} within {timeout} s")


def first_samples(path, count=10):
    """Opens the port; seconds until samples came, and what they are."""
    start = time.monotonic()
    with SerialSource(path, requirements=NEEDS) as source:
        chunks = []
        for chunk in source:
            chunks.append(chunk)
            if source.health.samples >= count:
                break
        took = time.monotonic() - start
        assert source.health.errors == 0
    return took, np.concatenate([chunk.values for chunk in chunks])


def test_the_firmware_draws_what_the_simulated_hand_draws():
    board("uno")
    figures = soak(seconds=15, seed=4)
    assert figures.rate == pytest.approx(100, rel=0.01)
    assert (figures.lost, figures.crc_errors, figures.garbage) == (0, 0, 0)
    assert figures.samples > 1400
    assert figures.same_motion
    assert figures.labels == figures.labels_direct  # both empty while no model is shipped


def test_a_port_closed_and_opened_twenty_times_in_mid_stream():
    machine = board("uno")
    with_chip(machine)
    with Served(machine, resets=False) as served:
        for _ in range(20):
            took, values = first_samples(served.port.path)
            assert took < 2.0
            assert values == pytest.approx(np.tile(STILL, (len(values), 1)), abs=0.003)


def test_an_uno_restarts_when_its_port_is_opened():
    machine = board("uno")
    with_chip(machine)
    with Served(machine) as served:
        for _ in range(3):
            took, values = first_samples(served.port.path)
            assert 1.0 < took < 2.0  # its boot loader alone takes one second
            assert values == pytest.approx(np.tile(STILL, (len(values), 1)), abs=0.003)
            time.sleep(0.1)  # nobody sees a port closed that is opened again at once


@pytest.mark.parametrize(
    "typed",
    [
        ("--digits", "1a"),
        ("--digits", ""),
        ("--seed", "-1"),
        ("--address", "0x10"),
        ("--who-am-i", "0x168"),
        ("--board", "mega"),
    ],
)
def test_an_option_that_cannot_be_is_a_usage_error(typed, capsys):
    with pytest.raises(SystemExit) as stop:
        simulate.main(["--board", "esp32", *typed])
    assert stop.value.code == 2
    assert f"argument {typed[0]}: " in capsys.readouterr().err


def test_a_host_that_is_killed_and_started_again_and_ctrl_c():
    board("uno")
    with started("-m", "firmware_bridge.simulate", "--seed", "3") as simulator:
        path = line(simulator, "(/dev/pts/[0-9]+)").group(1)
        line(simulator, "Ctrl-C")
        for _ in range(2):
            start = time.monotonic()
            with started("-c", "import edge.source.serial.source, numpy, serial") as imports:
                imports.wait()
            to_start = time.monotonic() - start
            start = time.monotonic()
            with started("-c", STREAM, path) as host:
                line(host, "^[1-9]")
                assert time.monotonic() - start - to_start < 2.0
                line(host, "^([5-9][0-9]|[0-9]{3}) 0 0$")
                host.send_signal(signal.SIGKILL)
        simulator.send_signal(signal.SIGINT)
        _, complaints = simulator.communicate(timeout=5)
    assert (simulator.returncode, complaints) == (0, b"")


def test_the_shipped_command_on_a_simulated_board_with_a_bad_day():
    if not (build.HERE.parent / "models" / "airdigit.tflite").exists():
        pytest.skip("no model is shipped yet")
    board("uno")
    fault = ("--nacks", "6", "1", "--who-am-i", "0x98", "--address", "0x69")
    with started("-m", "firmware_bridge.simulate", "--digits", "1", *fault) as simulator:
        path = line(simulator, "(/dev/pts/[0-9]+)").group(1)
        command = "import sys; from edge.commands.airdigit_live import main; sys.exit(main())"
        with started("-c", command, "--port", path, "--json") as live:
            time.sleep(8.5)  # the command is up well before the bad second, on a busy machine too
            live.send_signal(signal.SIGINT)
            said, complaints = live.communicate(timeout=5)
    assert live.returncode == 0
    summary = json.loads(said.splitlines()[-1])
    assert summary["event"] == "summary"
    # The chip's FIFO of 4 KB holds more than what it did not answer for.
    assert summary["lost"] == 0
    assert summary["errors"] == pytest.approx(100, abs=15)
    assert b"Traceback" not in complaints


def test_the_legacy_sketch_is_read():
    hand = HandMotion("0123456789", seed=2)
    sketch = LegacySketch(hand)
    with Served(sketch, heard=hand.begin) as served, SerialSource(served.port.path) as source:
        assert (source.channels, source.rate) == (ACCEL, 20)
        chunks = []
        for chunk in source:
            chunks.append(chunk)
            if source.health.samples > 40:
                break
    values = np.concatenate([chunk.values for chunk in chunks])
    # It is an offset, and not a rotation, that the sketch subtracts: added again, this is gravity.
    assert np.median(np.linalg.norm(values, axis=1)) == pytest.approx(STANDARD_GRAVITY, rel=0.1)
    assert source.health.lost == source.health.errors == 0


def test_the_legacy_sketch_byte_for_byte():
    sketch = LegacySketch(lambda t: np.array([0.5, -4.9, STANDARD_GRAVITY * (1 + (t > 1))]))
    sketch.run(2.01)
    said = sketch.take()
    banner = (
        b"Initializing IMU...\r\nMPU6050 connection successful\r\nOffset: 0.05\t-0.50\t1.00\r\n"
    )
    assert said.startswith(banner + b"0.00,0.00,0.00\r\n")
    rows = said[len(banner) :]
    assert rows.count(b"\r\n") == 41 + 3  # 20 a second, and 3 blank lines after 30
    assert rows.split(b"\r\n\r\n\r\n\r\n")[0].count(b"\r\n") == 29
    assert rows.endswith(b"0.00,0.00,1.00\r\n")
    silent = LegacySketch(lambda t: np.zeros(3), connected=False)
    silent.run(0.01)
    assert b"MPU6050 connection failed\r\nOffset: 0.00\t0.00\t0.00\r\n0.00" in silent.take()


def test_what_nobody_reads_is_lost_and_the_newest_comes():
    machine = board("esp32")
    with_chip(machine)
    with Served(machine, resets=False) as served:
        first_samples(served.port.path)
        port = os.open(served.port.path, os.O_RDWR | os.O_NOCTTY)
        time.sleep(0.3)
        os.close(port)
        took, _ = first_samples(served.port.path)
        assert took < 2.0
