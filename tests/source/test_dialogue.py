"""The dialogue with a framed board, at the times that decide what is sent."""

from __future__ import annotations

import pytest

from edge.samples import Health
from edge.source.serial.framed import protocol
from edge.source.serial.framed.dialogue import ATTEMPTS, TIMEOUT, Dialogue
from edge.source.serial.framed.framing import FrameDecoder
from edge.source.serial.framed.protocol import ASK_HELLO, HELLO, START, TO_BOARD

REQUIREMENTS = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
ASK, GO = ASK_HELLO.pack(), START.pack()
RATE = protocol.SET_RATE.pack(rate_hz=100)
RANGE = protocol.SET_RANGE.pack(accel_g=4, gyro_dps=500)


def hello(booted: int = 0, **settings: int) -> bytes:
    values = {**REQUIREMENTS, **settings, "booted": booted, "who_am_i": 0x68}
    versions = {"protocol": protocol.VERSION, "schema": protocol.SCHEMA}
    return HELLO.pack(**versions, **values, firmware="edge-imu", version="0.1.0")


def sent(dialogue: Dialogue, now: float) -> list[bytes]:
    return list(FrameDecoder(TO_BOARD, Health()).feed(dialogue.outgoing(now)))


def started(**settings: int) -> Dialogue:
    """A dialogue whose board has answered at 10 s; the answers to it are sent."""
    dialogue = Dialogue(REQUIREMENTS)
    dialogue.handle_hello(hello(**settings), 10.0)
    dialogue.outgoing(10.0)
    return dialogue


def test_a_board_is_asked_at_once_and_then_every_second():
    dialogue = Dialogue(REQUIREMENTS)
    times = [k / 4 for k in range(13) if sent(dialogue, k / 4) == [ASK]]
    assert times == [0.0, 1.25, 2.5]
    assert TIMEOUT == 1.0


def test_a_stream_is_started_once():
    dialogue = Dialogue(REQUIREMENTS)
    dialogue.handle_hello(hello(), 10.0)
    assert sent(dialogue, 10.0) == [GO]
    dialogue.handle_hello(hello(), 10.1)
    assert sent(dialogue, 10.1) == []


def test_a_board_that_restarts_is_started_again():
    dialogue = started()
    dialogue.handle_hello(hello(booted=1), 10.5)
    assert sent(dialogue, 10.5) == [GO]


@pytest.mark.parametrize("since", ["start", "sample", "setting"])
def test_a_silent_board_is_asked_a_second_after_the_last_sample_or_command(since):
    dialogue = started()
    last = 10.0
    if since == "sample":
        last = 10.9
        dialogue.handle_sample(last)
    elif since == "setting":
        last = 10.9
        dialogue.handle_hello(hello(rate_hz=50), last)
        assert sent(dialogue, last) == [RATE]
    assert sent(dialogue, last + TIMEOUT) == []
    assert sent(dialogue, last + 1.01 * TIMEOUT) == [ASK, GO]
    assert sent(dialogue, last + 1.02 * TIMEOUT) == []
    assert sent(dialogue, last + 2.1 * TIMEOUT) == [ASK, GO]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"rate_hz": 50}, [RATE]),
        ({"accel_g": 2}, [RANGE]),
        ({"gyro_dps": 250}, [RANGE]),
        ({"rate_hz": 50, "gyro_dps": 250}, [RATE, RANGE]),
        ({}, []),
    ],
)
def test_only_settings_that_differ_are_sent(settings, expected):
    dialogue = Dialogue(REQUIREMENTS)
    dialogue.handle_hello(hello(**settings), 0.0)
    assert sent(dialogue, 0.0) == [*expected, GO]
    assert dialogue.ready(0.0) == (not expected)


def test_other_settings_are_accepted_when_the_board_had_time_to_change_them():
    dialogue = started(rate_hz=50)
    assert not dialogue.ready(10.0 + TIMEOUT)
    assert dialogue.ready(10.01 + TIMEOUT)
    assert not Dialogue(REQUIREMENTS).ready(10.0)


def test_a_restart_and_an_interruption_give_new_attempts():
    dialogue = Dialogue(REQUIREMENTS)

    def attempts(**how: int) -> int:
        asked = 0
        for turn in range(2 * ATTEMPTS):
            dialogue.handle_hello(hello(rate_hz=50, **(how if not turn else {})), 0.0)
            asked += sent(dialogue, 0.0).count(RATE)
        return asked

    assert attempts() == ATTEMPTS
    assert attempts() == 0
    assert attempts(booted=1) == ATTEMPTS
    dialogue.interrupted()
    assert not dialogue.hello and sent(dialogue, 0.0) == [ASK]
    assert attempts() == ATTEMPTS


def test_only_required_settings_are_sent():
    dialogue = Dialogue({"rate_hz": 99.6, "channels": ["ax"]})
    dialogue.handle_hello(hello(), 0.0)
    assert dialogue.ready(0.0) and sent(dialogue, 0.0) == [GO]


def test_the_description_names_firmware_settings_and_sensor():
    assert str(started()) == "edge-imu 0.1.0: 100 Hz, +-4 g, +-500 deg/s, sensor 0x68"
