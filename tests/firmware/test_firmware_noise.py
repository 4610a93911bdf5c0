"""A bad line between the firmware and the host: damaged bytes, and the wrong speed."""

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
from firmware_host import NEEDS, board, with_chip
from pty_board import Line, Printer

MINUTES = 10


@pytest.fixture(scope="module")
def conversation():
    """What a board sends in ten minutes: the frames, without their zeros."""
    esp32 = board("esp32")
    with_chip(esp32, lambda t: np.array([t % 39, 1, 9.8, 0, (7 * t) % 8, 1]))
    esp32.give(frame(ASK_HELLO.pack()) + frame(START.pack()))
    wire = b""
    while esp32.clock() < MINUTES * 60:
        esp32.run(5.0)
        wire += esp32.take()
    return wire.split(b"\0")[1:-1]


def flip(byte, chance):
    return bytes([byte ^ chance.randrange(1, 256)])


def drop(byte, chance):
    return b""


def double(byte, chance):
    return bytes([byte, byte])


@pytest.mark.parametrize("damage", [flip, drop, double])
def test_one_per_cent_of_bytes_damaged_for_ten_minutes(conversation, damage):
    """Exactly the frames that were hit, or whose beginning was, are lost; and that is reported."""
    chance = random.Random(8)
    hello, *frames = conversation
    stream = FramedStream(NEEDS)
    stream.feed(hello + b"\0", 0.0)
    sent, intact, got = {}, set(), []
    whole = True  # has the frame before ended with a zero?
    for number, one in enumerate(frames):
        hits = {at for at in range(len(one) + 1) if chance.random() < 0.01}
        wire = b"".join(
            damage(byte, chance) if at in hits else bytes([byte])
            for at, byte in enumerate(one + b"\0")
        )
        is_sample = len(one) + 1 == len(frame(SAMPLE.pack(**dict.fromkeys(AXES, 1))))
        if is_sample:
            sent[number] = one
            # A zero that comes twice harms nobody.
            if whole and not hits - ({len(one)} if damage is double else set()):
                intact.add(number)
        whole = wire.endswith(b"\0")
        got.append(len(stream.feed(wire, number / 100)))
    numbers = sorted(intact)
    assert {number for number, count in enumerate(got) if count} == intact
    received = sum(got)
    # The last zero may be lost with nothing after it, and what is lost first or last is not missed.
    due = numbers[-1] - numbers[0] + 1 - sum(n not in sent for n in range(numbers[0], numbers[-1]))
    assert stream.health.samples == received
    assert stream.health.lost == due - received
    assert 0.15 < stream.health.lost / due < 0.25
    assert stream.health.errors + stream.health.garbage > 0


AXES = [name for name, _ in SAMPLE.fields]


# -- the wrong speed


def heard_at(bits_sent_in_one, data):
    """Bytes that a receiver makes of `data` sent so many times more slowly than it listens."""
    line = []
    for byte in data:
        bits = [0, *(byte >> bit & 1 for bit in range(8)), 1]
        line += [bit for bit in bits for _ in range(bits_sent_in_one)]
    line += [1] * 20
    heard, at = [], 0
    while at < len(line) - 10:
        if line[at]:
            at += 1  # idle
            continue
        heard.append(sum(line[at + 1 + bit] << bit for bit in range(8)))
        at += 10
        while at < len(line) and not line[at] and not line[at - 1]:
            at += 1  # a break: the receiver waits for the line to come back
    return bytes(heard)


def test_the_receiver_of_this_test_hears_what_is_sent_at_its_own_speed():
    assert heard_at(1, b"0.98,-0.02\r\n\0\xff") == b"0.98,-0.02\r\n\0\xff"


def test_9600_baud_on_a_115200_port(tmp_path):
    """In the real time that a user waits."""
    assert source.SILENCE <= 5.0
    line = Line(tmp_path / "ttyUSB0")
    heard = heard_at(12, b"0.98,-0.02,0.17\r\n")
    start = time.monotonic()
    with (
        Printer(line, [heard] * 2000),
        pytest.raises(SourceError, match="make no sense at 115200 baud.*--baud 9600"),
        SerialSource(str(line.path), requirements=NEEDS),
    ):
        pass
    assert time.monotonic() - start < 5.5
