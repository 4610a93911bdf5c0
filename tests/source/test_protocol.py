"""The framed protocol: its bytes, its decoder under fire, and the conversation with a board."""

import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import SourceError
from edge.samples import DEGREE, STANDARD_GRAVITY, Health
from edge.source.serial.framed import framing, protocol
from edge.source.serial.framed import stream as framed_stream
from edge.source.serial.framed.framing import FrameDecoder, cobs_decode, cobs_encode, frame
from edge.source.serial.framed.protocol import (
    ASK_HELLO,
    FROM_BOARD,
    HELLO,
    SAMPLE,
    STATUS,
    TO_BOARD,
)
from edge.source.serial.framed.stream import FramedStream

# CRC16 lets one damaged frame in 65,536 pass, so the examples are the same in every run.
steady = settings(max_examples=300, deadline=None, derandomize=True)
WANTED = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}


def slow_crc(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
            crc &= 0xFFFF
    return crc


def hello(**changes):
    values = {
        "protocol": protocol.VERSION,
        "schema": protocol.SCHEMA,
        "booted": 0,
        "who_am_i": 0x68,
        "firmware": "edge-imu",
        "version": "0.1.0",
        **WANTED,
    }
    return frame(HELLO.pack(**values | changes))


def sample(seq, time_us=None, raw=(0, 0, 8192, 0, 0, 0)):
    time_us = seq * 10_000 if time_us is None else time_us
    axes = dict(zip(("ax", "ay", "az", "gx", "gy", "gz"), raw, strict=True))
    return frame(SAMPLE.pack(seq=seq % 65536, time_us=time_us % 2**32, **axes))


def decode(data, messages=FROM_BOARD, chunk=4096):
    health = Health()
    decoder = FrameDecoder(messages, health)
    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    return [payload for piece in pieces for payload in decoder.feed(piece)], health


def greeted(**changes):
    stream = FramedStream(WANTED)
    stream.feed(hello(**changes), 0.0)
    stream.outgoing(0.0)
    return stream


def commands(data):
    return [payload for payload in decode(data, TO_BOARD)[0]]


# -- bytes


def test_a_sample_on_the_wire_by_hand():
    body = struct.pack("<BHI6h", 0x02, 7, 70_000, 1, -2, 8192, 3, -4, 5)
    body += struct.pack(">H", slow_crc(body))
    wire, run = b"", b""
    for byte in body + b"\0":
        if byte:
            run += bytes([byte])
        else:
            wire, run = wire + bytes([len(run) + 1]) + run, b""
    assert sample(7, 70_000, (1, -2, 8192, 3, -4, 5)) == wire + b"\0"
    assert len(wire) + 1 == 23  # at 115200 baud, 500 of them a second


def test_every_frame_fits_the_buffers_of_both_sides():
    for message in FROM_BOARD + TO_BOARD:
        assert message.size + 4 <= framing.LONGEST
    assert len({message.number for message in FROM_BOARD + TO_BOARD}) == 9


def test_asking_for_a_hello_does_not_press_ctrl_c_on_a_micropython_board():
    assert b"\x03" not in frame(ASK_HELLO.pack())


def test_pack_and_unpack_agree():
    values = {
        "nacks": 1,
        "fifo_overflows": 2,
        "sensor_resets": 65535,
        "dropped": 4,
    }
    assert STATUS.unpack(STATUS.pack(**values)) == values
    with pytest.raises(TypeError, match="colour"):
        STATUS.pack(**values, colour=1)


@given(st.binary(max_size=200))
@steady
def test_cobs_removes_zeros_and_gives_them_back(data):
    encoded = cobs_encode(data)
    assert b"\0" not in encoded
    assert len(encoded) == len(data) + 1
    assert cobs_decode(encoded) == data


# -- the decoder under fire


def test_random_bytes_are_never_a_frame():
    payloads, health = decode(os.urandom(8_000_000))
    assert payloads == []
    assert health.garbage > 7_900_000


def test_noise_that_resembles_frames_is_not_one():
    """Right lengths, right types, no zeros but at the end: only the CRC stands between."""
    generator = np.random.default_rng(5)
    noise = generator.integers(1, 256, (300_000, 23), dtype=np.uint8)
    noise[:, 0], noise[:, 1], noise[:, 22] = 22, SAMPLE.number, 0
    payloads, health = decode(noise.tobytes())
    assert health.errors == len(noise) - len(payloads)
    assert len(payloads) <= 20  # expected by chance: 300,000 / 65,536 = 4.6


@pytest.mark.parametrize("payload", [b"\x02short", b"\x07" * 19, b"\x81", b"\x01", b"\x03" * 19])
def test_a_whole_frame_that_is_no_message_of_this_direction_is_refused(payload):
    payloads, health = decode(frame(payload))
    assert payloads == []
    assert health.errors + health.garbage > 0


def test_the_buffer_is_bounded_without_any_delimiter():
    health = Health()
    decoder = FrameDecoder(FROM_BOARD, health)
    for _ in range(100):
        assert list(decoder.feed(b"\x55" * 10_000)) == []
        assert len(decoder._rest) <= framing.LONGEST
    assert list(decoder.feed(b"\0" + sample(1))) != []
    assert health.garbage == 1_000_001


damage = st.lists(
    st.tuples(
        st.sampled_from(["flip", "drop", "double", "insert"]),
        st.integers(0, 10**6),
        st.integers(1, 40),
    ),
    max_size=6,
)


@given(st.integers(1, 40), damage, st.integers(1, 50))
@steady
def test_what_is_accepted_was_sent_whatever_happens_on_the_way(count, operations, chunk):
    frames = [sample(seq, raw=(seq, -seq, 8192, 0, seq * 7, 1)) for seq in range(count)]
    sent = [payload for one in frames for payload in decode(one)[0]]
    wire = bytearray(b"".join(frames))
    for kind, where, size in operations:
        at = where % (len(wire) + 1)
        piece = wire[at : at + size]
        if kind == "flip" and piece:
            wire[at] ^= size
        elif kind == "drop":
            del wire[at : at + size]
        elif kind == "double":
            wire[at:at] = piece
        elif kind == "insert":
            wire[at:at] = np.random.default_rng(where).bytes(size)
    payloads, health = decode(bytes(wire), chunk=chunk)
    assert set(payloads) <= set(sent)
    assert decode(bytes(wire), chunk=100_000) == (payloads, health)
    # One fault touches two frames at most, and doubling brings back what was there.
    hit = sum(2 + size // 23 for _, _, size in operations)
    assert len(set(payloads)) >= count - hit


# -- the conversation


def test_no_sample_before_the_scale_is_known():
    stream = FramedStream(WANTED)
    assert len(stream.feed(sample(1), 0.0)) == 0
    assert commands(stream.outgoing(0.0)) == [ASK_HELLO.pack()]
    assert stream.outgoing(0.5) == b""
    assert commands(stream.outgoing(1.2)) == [ASK_HELLO.pack()]
    stream.feed(hello(), 1.3)
    chunk = stream.feed(sample(2, raw=(32767, 0, 8192, 16384, 0, -32768)), 1.4)
    assert chunk.t.tolist() == [0.0]
    g, full = STANDARD_GRAVITY, 500 * DEGREE
    expected = [4 * g * 32767 / 32768, 0, g, full / 2, 0, -full]
    assert chunk.values[0] == pytest.approx(expected, rel=1e-6)
    assert stream.health.clipped == 1
    assert stream.health.lost == 0


def test_a_board_that_differs_is_set_up_and_started():
    stream = FramedStream(WANTED)
    stream.feed(hello(booted=1, rate_hz=50, accel_g=2), 0.0)
    assert not stream.ready(0.0)
    assert commands(stream.outgoing(0.0)) == [
        protocol.SET_RATE.pack(rate_hz=100),
        protocol.SET_RANGE.pack(accel_g=4, gyro_dps=500),
        protocol.START.pack(),
    ]
    stream.feed(hello(), 0.1)
    assert stream.ready(0.1)
    assert stream.outgoing(0.1) == b""


def test_a_board_that_cannot_do_what_is_wanted_is_believed_in_the_end():
    stream = FramedStream(WANTED)
    sent = []
    for turn in range(10):
        stream.feed(hello(rate_hz=50), turn / 10)
        sent += commands(stream.outgoing(turn / 10))
    assert sent.count(protocol.SET_RATE.pack(rate_hz=100)) == framed_stream.ATTEMPTS
    assert stream.ready(3.0)
    assert stream.rate == 50


def test_a_change_of_range_holds_from_its_hello_on():
    stream = greeted()
    data = sample(1) + hello(accel_g=8) + sample(2)
    chunk = stream.feed(data, 0.0)
    assert chunk.values[:, 2] == pytest.approx([STANDARD_GRAVITY, 2 * STANDARD_GRAVITY])


@pytest.mark.parametrize("changes", [{"schema": 1}, {"protocol": 2}])
def test_another_schema_is_refused_with_what_to_do(changes):
    with pytest.raises(SourceError, match="flash the firmware"):
        FramedStream(WANTED).feed(hello(**changes), 0.0)


def test_a_longer_hello_of_a_later_version_is_refused_too():
    payload = HELLO.pack(
        **dict.fromkeys([name for name, _ in HELLO.fields[:-2]], 9), firmware="x", version="9"
    )
    with pytest.raises(SourceError, match="speaks protocol 9"):
        FramedStream(WANTED).feed(frame(payload + b"more"), 0.0)


def test_a_board_without_settings_is_refused():
    with pytest.raises(SourceError, match="impossible"):
        FramedStream(WANTED).feed(hello(rate_hz=0), 0.0)


@given(
    st.integers(0, 65535),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 70_000), min_size=1, max_size=30),
)
@steady
def test_loss_reported_is_loss_injected(seq, time_us, gaps):
    """Numbers and times wrap, several times over in the long gaps."""
    stream = greeted()
    now = 100.0
    times = []
    for gap in [0, *gaps]:
        seq, time_us, now = seq + gap + 1, time_us + (gap + 1) * 10_000, now + (gap + 1) / 100
        late = gap % 7 / 10  # so this host's clock would not tell the loss exactly
        times.extend(stream.feed(sample(seq, time_us), now + late).t)
    assert stream.health.lost == sum(gaps)
    assert stream.health.samples == len(gaps) + 1
    assert stream.health.errors == 0
    assert times == pytest.approx(np.cumsum([0, *(np.array(gaps) + 1) / 100]), abs=1e-5)


def test_the_true_rate_shows_in_the_times():
    stream = greeted()
    for seq in range(200):
        stream.feed(sample(seq, seq * 10_400), seq * 0.0104)
    assert stream.health.lost == 0
    assert stream.health.rate == pytest.approx(96.15, abs=0.01)


@pytest.mark.parametrize("minutes", [0.1, 20, 50, 60, 71])
@pytest.mark.parametrize("says_so", [True, False])
def test_a_restart_is_not_65_thousand_lost(minutes, says_so):
    stream = greeted()
    count = int(minutes * 6000)
    stream.feed(sample(count - 1), 1000.0)
    stream.feed(sample(count), 1000.01)
    data = hello(booted=1) if says_so else b""
    chunk = stream.feed(data + sample(5) + sample(6), 1002.01)
    assert stream.health.lost == 199  # two seconds at 100 Hz, by this host's clock
    assert chunk.t == pytest.approx([2.01, 2.02], abs=1e-4)
    assert stream.health.errors == 0


def test_a_restart_whose_numbers_happen_to_fit_shows_by_this_hosts_clock():
    stream = greeted()
    stream.feed(sample(360_000), 4000.0)  # after an hour; the counter wraps 695 s later
    stream.feed(sample(360_000 + 69_497, time_us=1_000_000), 4002.0)
    assert stream.health.lost == 199


def test_a_board_that_does_not_number_what_it_missed_is_measured_by_this_hosts_clock():
    stream = greeted()
    stream.feed(sample(1), 10.0)
    chunk = stream.feed(sample(2, time_us=5_020_000), 15.0)
    assert stream.health.lost == 499
    assert chunk.t == pytest.approx([5.0])


def test_a_boot_loop_keeps_time_going_forward():
    stream = greeted()
    times = []
    for boot in range(5):
        data = hello(booted=1) + b"".join(sample(seq) for seq in range(10))
        times.extend(stream.feed(data, 10.0 + boot).t)
    assert len(times) == 50
    assert (np.diff(times) > 0).all()


def test_only_a_restart_before_the_first_sample_is_one_of_opening_the_port():
    stream = FramedStream({})
    stream.feed(hello(booted=1), 0.0)
    assert stream.describe()["restarted"]
    stream = FramedStream({})
    stream.feed(hello() + sample(1) + hello(booted=1), 0.0)
    assert not stream.describe()["restarted"]


def test_what_comes_twice_is_taken_once():
    stream = greeted()
    first = b"".join(sample(seq) for seq in range(10, 20))
    chunk = stream.feed(first + first[-69:] + sample(20), 1.0)
    assert len(chunk) == 11
    assert (stream.health.lost, stream.health.errors) == (0, 3)


def test_after_a_cut_the_board_introduces_itself_again_and_the_gap_is_counted():
    stream = greeted()
    stream.feed(sample(100), 1.0)
    stream.interrupted()
    assert len(stream.feed(sample(150), 1.5)) == 0
    assert commands(stream.outgoing(1.5)) == [ASK_HELLO.pack()]
    chunk = stream.feed(hello() + sample(200), 2.0)  # it has run on meanwhile
    assert stream.health.lost == 99
    assert chunk.t == pytest.approx([1.0])


def test_a_board_that_restarts_soon_while_unplugged_is_not_taken_for_an_echo():
    stream = greeted()
    stream.feed(b"".join(sample(seq) for seq in range(40)), 1.0)
    stream.interrupted()
    chunk = stream.feed(hello() + sample(5) + sample(6), 1.5)
    assert chunk.t == pytest.approx([0.89, 0.9])
    assert stream.health.lost == 49


def test_a_silent_board_is_asked_and_started_again():
    stream = greeted()
    stream.feed(sample(1), 1.0)
    assert stream.outgoing(1.5) == b""
    assert commands(stream.outgoing(2.5)) == [ASK_HELLO.pack(), protocol.START.pack()]


def test_counters_of_the_board_become_errors():
    stream = greeted()
    zero = dict.fromkeys(("nacks", "fifo_overflows", "sensor_resets", "dropped"), 0)
    for status in (
        zero | {"nacks": 65534},  # what it counted before we came is not ours
        zero | {"nacks": 1, "sensor_resets": 2, "dropped": 40},  # wrapped: 3 and 2 more
        zero | {"nacks": 4},  # restarted unnoticed: 4 since
    ):
        stream.feed(frame(STATUS.pack(**status)), 0.0)
    assert stream.health.errors == 3 + 2 + 4
    assert stream.health.lost == 0


anything = st.tuples(st.sampled_from([SAMPLE, STATUS]), st.binary(min_size=18, max_size=18))


@given(st.lists(anything, max_size=30))
@steady
def test_no_numbers_or_times_can_break_the_time_line(messages):
    stream = greeted()
    times = []
    for message, content in messages:
        payload = bytes([message.number]) + content[: message.size - 1]
        times.extend(stream.feed(frame(payload), 1.0).t)
    assert (np.diff(times) > 0).all()
    assert stream.health.samples == len(times)
