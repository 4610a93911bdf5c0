"""A bad connection between firmware and host: damaged bytes, and the wrong baud rate."""

import random
import time

import numpy as np
import pytest

from edge.errors import SourceError
from edge.source.serial import source
from edge.source.serial.framed.framing import frame
from edge.source.serial.framed.protocol import ASK_HELLO, SAMPLE, START
from edge.source.serial.framed.stream import FramedStream
from edge.source.serial.source import SerialSource
from firmware_host import REQUIREMENTS, add_chip, board
from pty_board import PtyPort, TextBoard

MINUTES = 10


@pytest.fixture(scope="module")
def sent_frames():
    """The frames that a board sends in ten minutes, without their final zeros."""
    esp32 = board("esp32")
    add_chip(esp32, lambda t: np.array([t % 39, 1, 9.8, 0, (7 * t) % 8, 1]))
    esp32.send(frame(ASK_HELLO.pack()) + frame(START.pack()))
    wire = b""
    while esp32.clock() < MINUTES * 60:
        esp32.run(5.0)
        wire += esp32.receive()
    return wire.split(b"\0")[1:-1]


def flip(byte, rng):
    return bytes([byte ^ rng.randrange(1, 256)])


def drop(byte, rng):
    return b""


def double(byte, rng):
    return bytes([byte, byte])


@pytest.mark.parametrize("damage", [flip, drop, double])
def test_only_damaged_frames_are_lost_and_all_losses_are_counted(sent_frames, damage):
    """Only frames with a damaged byte, or without a zero before them, are lost, and are counted."""
    rng = random.Random(8)
    hello, *frames = sent_frames
    stream = FramedStream(REQUIREMENTS)
    stream.feed(hello + b"\0", 0.0)
    sent, intact, counts = {}, set(), []
    terminated = True  # whether the frame before ended with a zero
    for number, one in enumerate(frames):
        damaged = {at for at in range(len(one) + 1) if rng.random() < 0.01}
        wire = b"".join(
            damage(byte, rng) if at in damaged else bytes([byte])
            for at, byte in enumerate(one + b"\0")
        )
        is_sample = len(one) + 1 == len(frame(SAMPLE.pack(**dict.fromkeys(AXES, 1))))
        if is_sample:
            sent[number] = one
            # A doubled zero has no effect.
            if terminated and not damaged - ({len(one)} if damage is double else set()):
                intact.add(number)
        terminated = wire.endswith(b"\0")
        counts.append(len(stream.feed(wire, number / 100)))
    numbers = sorted(intact)
    assert {number for number, count in enumerate(counts) if count} == intact
    received = sum(counts)
    # Samples lost before the first or after the last received one cannot be counted.
    due = numbers[-1] - numbers[0] + 1 - sum(n not in sent for n in range(numbers[0], numbers[-1]))
    assert stream.health.samples == received
    assert stream.health.lost == due - received
    assert 0.15 < stream.health.lost / due < 0.25
    assert stream.health.errors + stream.health.garbage > 0


AXES = [name for name, _ in SAMPLE.fields]


# -- the wrong baud rate


def received_at(factor, data):
    """Return what a receiver reads from `data` if its baud rate is `factor` times too high."""
    line = []
    for byte in data:
        bits = [0, *(byte >> bit & 1 for bit in range(8)), 1]
        line += [bit for bit in bits for _ in range(factor)]
    line += [1] * 20
    received, at = [], 0
    while at < len(line) - 10:
        if line[at]:
            at += 1  # idle
            continue
        received.append(sum(line[at + 1 + bit] << bit for bit in range(8)))
        at += 10
        while at < len(line) and not line[at] and not line[at - 1]:
            at += 1  # a break: the receiver waits for the idle level
    return bytes(received)


def test_simulated_receiver_reads_its_own_baud_rate():
    assert received_at(1, b"0.98,-0.02\r\n\0\xff") == b"0.98,-0.02\r\n\0\xff"


def test_9600_baud_on_a_115200_baud_port_is_suspected(tmp_path):
    """With the real waiting time of a user."""
    assert source.SILENCE <= 5.0
    port = PtyPort(tmp_path / "ttyUSB0")
    received = received_at(12, b"0.98,-0.02,0.17\r\n")
    start = time.monotonic()
    with (
        TextBoard(port, [received] * 2000),
        pytest.raises(SourceError, match="make no sense at 115200 baud.*--baud 9600"),
        SerialSource(str(port.path), requirements=REQUIREMENTS),
    ):
        pass
    assert time.monotonic() - start < 5.5
