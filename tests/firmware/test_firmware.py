"""The shipped sketches against the emulated chip, on the boards' own clock: nobody waits."""

import random

import numpy as np
import pytest

from edge.samples import ACCEL, GYRO, MOTION, STANDARD_GRAVITY, Health
from edge.simulation.chip.mpu6050 import INT_STATUS, OVERFLOW
from edge.source.serial.framed import protocol
from edge.source.serial.framed.framing import FrameDecoder, frame
from edge.source.serial.framed.protocol import (
    ASK_HELLO,
    FROM_BOARD,
    HELLO,
    IDENTIFY,
    SAMPLE,
    START,
    STATUS,
    STOP,
)
from edge.source.serial.text.stream import TextStream
from firmware_bridge import build
from firmware_host import NEEDS, STILL, Host, board, with_chip

LSB = np.repeat([8 * STANDARD_GRAVITY / 65536, np.radians(1000) / 65536], 3)


@pytest.fixture(params=["uno", "esp32"])
def bare(request):
    """A board with nothing on its bus."""
    return board(request.param)


@pytest.fixture
def chip(bare):
    return with_chip(bare)


@pytest.fixture
def host(bare, chip):
    """Streaming for some time already."""
    host = Host(bare)
    host.run(1.0)
    assert len(host.t) > 50
    return host


def received(board, seconds):
    """Messages that the board sends in this time, by name."""
    board.run(seconds)
    layouts = {message.number: message for message in FROM_BOARD}
    health = Health()
    payloads = list(FrameDecoder(FROM_BOARD, health).feed(board.take()))
    assert (health.errors, health.garbage) == (0, 0)
    return [(layouts[p[0]].name, layouts[p[0]].unpack(p)) for p in payloads]


def ask(board, payload, seconds=0.05):
    board.give(frame(payload))
    return received(board, seconds)


def true(values):
    """Are these readings of STILL, each axis in its place and its scale?"""
    return values == pytest.approx(np.tile(STILL, (len(values), 1)), abs=0.003)


def all_there(host):
    """Do samples and losses fill the time?"""
    seconds = host.t[-1] - host.t[0]
    return len(host.t) + host.stream.health.lost == pytest.approx(seconds * 100 + 1, abs=2)


# -- the conversation


def test_it_needs_less_than_half_of_an_uno():
    board("uno")
    size = build.size(build.firmware())
    assert size.flash < build.UNO_FLASH / 2
    assert size.ram < build.UNO_RAM / 2
    assert size.flash > 2000  # it is a firmware that was measured


def test_at_boot_it_says_hello_once_and_is_quiet(bare, chip):
    bare.run(0.4)
    data = bare.take()
    assert data[0] == 0
    (payload,) = FrameDecoder(FROM_BOARD, Health()).feed(data)
    hello = HELLO.unpack(payload)
    assert (hello["protocol"], hello["schema"]) == (protocol.VERSION, protocol.SCHEMA)
    assert (hello["booted"], hello["who_am_i"]) == (1, 0x68)
    assert {name: hello[name] for name in NEEDS} == NEEDS
    assert hello["firmware"] in ("edge-avr", "edge-esp32")
    assert ask(bare, ASK_HELLO.pack()) == [("hello", hello | {"booted": 0})]
    assert received(bare, 3.0) == []


def test_it_starts_and_stops(bare, chip):
    received(bare, 0.5)
    names = [name for name, _ in ask(bare, START.pack(), 2.5)]
    assert names.count("sample") == pytest.approx(250, abs=3)
    assert names.count("status") == 3
    ask(bare, STOP.pack())
    assert received(bare, 1.0) == []


def test_a_quarter_of_a_minute_without_a_gap(bare):
    """Its sensor's clock is 0.7 % fast, and that shows in the board's times."""
    with_chip(bare, rate_error=0.007)
    host = Host(bare)
    host.run(15)
    health = host.stream.health
    assert (health.lost, health.errors, health.garbage) == (0, 0, 0)
    assert health.rate == pytest.approx(100.7, rel=1e-4)
    assert np.diff(host.t).min() > 0.0095
    assert np.diff(host.t).max() < 0.0105
    assert true(host.values)


def test_each_sample_is_that_of_its_time(bare):
    with_chip(bare, lambda t: np.array([t % 1, 0, 0, 0, 0, 0]))
    received(bare, 0.5)
    for name, sample in ask(bare, START.pack(), 3.0):
        if name == "sample":
            taken = sample["ax"] / 32768 * 4 * STANDARD_GRAVITY
            late = (sample["time_us"] / 1e6 - taken + 0.5) % 1 - 0.5
            # It cannot tell the time before it has looked, which it does once a millisecond.
            assert late == pytest.approx(0.0005, abs=0.0015)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ({"accel_g": 2, "gyro_dps": 250}, {"accel_g": 2, "gyro_dps": 250}),
        ({"accel_g": 16, "gyro_dps": 2000}, {"accel_g": 16, "gyro_dps": 2000}),
        ({"accel_g": 5, "gyro_dps": 600}, {"accel_g": 8, "gyro_dps": 1000}),
        ({"accel_g": 255, "gyro_dps": 65535}, {"accel_g": 16, "gyro_dps": 2000}),
        ({"rate_hz": 50}, {"rate_hz": 50}),
        ({"rate_hz": 200}, {"rate_hz": 200}),
        ({"rate_hz": 60}, {"rate_hz": 59}),
        ({"rate_hz": 1000}, {"rate_hz": 250}),
        ({"rate_hz": 0}, {"rate_hz": 4}),
    ],
)
def test_what_the_host_asks_for_is_set_or_answered_with_what_is(bare, chip, wanted, given):
    host = Host(bare, NEEDS | wanted)
    host.run(2.0)
    hello = host.stream._hello
    assert {name: hello[name] for name in NEEDS} == NEEDS | given
    assert host.stream.health.errors == 0
    assert host.stream.health.rate == pytest.approx(1000 / round(1000 / hello["rate_hz"]), rel=0.01)
    assert true(host.run(1.0))


def test_a_range_changes_in_mid_stream_with_no_sample_of_a_wrong_scale(host):
    for accel_g, gyro_dps in ((2, 250), (16, 2000), (4, 500)):
        host.send(protocol.SET_RANGE.pack(accel_g=accel_g, gyro_dps=gyro_dps))
        assert len(host.run(1.0)) > 75  # it takes 150 ms to set up
    assert true(host.values)
    assert host.counted()["dropped"] == host.stream.health.lost > 0
    assert host.stream.health.errors == 0


def test_commands_that_are_none_are_ignored(host):
    chance = random.Random(6)
    for _ in range(100):
        host.board.give(chance.randbytes(20).replace(b"c", b"d"))
        host.run(0.02)
    host.send(b"\x82\x01")  # too short for a rate
    host.send(b"\x99")
    before = host.stream.health.lost
    assert len(host.run(1.0)) == pytest.approx(100, abs=3)
    assert host.stream.health.lost == before == 0


def lights(board, seconds):
    """How often in this time the LED changes."""
    seen = []
    for _ in range(round(seconds / 0.01)):
        board.run(0.01)
        seen.append(board.lit)
    return int(np.abs(np.diff(np.array(seen, int))).sum())


def test_the_led_tells_how_it_is(bare):
    assert lights(bare, 3.0) == pytest.approx(20, abs=2)  # nervous: no sensor
    with_chip(bare)
    bare.run(1.0)
    assert lights(bare, 4.0) == pytest.approx(4, abs=1)  # a glimpse every two seconds: waiting
    bare.give(frame(START.pack()))
    assert lights(bare, 4.0) == pytest.approx(8, abs=1)  # even: streaming
    bare.give(frame(IDENTIFY.pack()))
    assert lights(bare, 2.0) == pytest.approx(40, abs=2)  # fast: it is me
    bare.run(1.1)
    assert lights(bare, 4.0) == pytest.approx(8, abs=1)


# -- plain CSV


def test_rows_for_a_plotter(bare, chip):
    received(bare, 0.5)
    bare.give(b"c\n")
    bare.run(2.0)
    header, *rows = bare.take().decode("ascii").split("\r\n")[:-1]
    assert header == ",".join(ACCEL + GYRO)
    assert len(rows) == pytest.approx(200, abs=3)
    for row in rows:
        assert [float(field) for field in row.split(",")] == pytest.approx(STILL, abs=0.004)
    bare.give(b"c\r\n")
    bare.run(0.1)
    bare.take()
    assert received(bare, 1.0) == []


def test_its_rows_are_read_as_any_others(bare):
    def tilted(t):
        return np.array([0, *(9.8 * f(np.sin(t)) for f in (np.sin, np.cos)), np.cos(t), 0, 0])

    with_chip(bare, tilted)
    bare.run(0.5)
    bare.give(b"c\n")
    stream = TextStream()
    last = []
    while bare.clock() < 7.0:
        bare.run(0.05)
        last += list(stream.feed(bare.take(), bare.clock()).values)
    assert stream.format and stream.channels == MOTION
    assert np.array(last)[:, 3].max() == pytest.approx(1.0, abs=0.01)


def test_a_host_that_speaks_frames_ends_the_rows(bare, chip):
    received(bare, 0.5)
    bare.give(b"c\n")
    bare.run(0.5)
    host = Host(bare)
    host.run(1.0)
    before = host.stream.health.garbage
    assert len(host.run(1.0)) == pytest.approx(100, abs=3)
    assert host.stream.health.garbage == before


# -- the sensor's bad days


def test_ten_seconds_of_nacks(host, chip):
    chip.nack(seconds=10)
    assert len(host.run(10)) < 5
    assert host.counted()["nacks"] == pytest.approx(1000, abs=60)
    assert len(host.run(2.0)) > 190
    lost = host.stream.health.lost
    assert lost == host.counted()["dropped"] == pytest.approx(1000, abs=10)
    assert host.counted()["fifo_overflows"] == 1
    assert host.counted()["sensor_resets"] == 0
    assert host.stream.health.errors == host.counted()["nacks"] + 1
    assert all_there(host)
    assert true(host.values)


def test_short_trouble_costs_nothing(host, chip):
    """What the sensor takes meanwhile waits in its FIFO."""
    chip.nack(seconds=0.6)
    host.run(2.0)
    assert host.stream.health.lost == host.counted()["fifo_overflows"] == 0
    assert host.counted()["nacks"] == pytest.approx(60, abs=8)
    assert np.diff(host.t) == pytest.approx(0.01, abs=0.003)


def test_single_nacks_all_the_time(host, chip):
    for _ in range(200):
        chip.nack(transfers=1)
        host.run(0.05)
    assert host.counted()["nacks"] == pytest.approx(200, abs=2)
    assert host.counted()["dropped"] == host.stream.health.lost
    assert all_there(host)
    assert true(host.values)


@pytest.mark.parametrize("outage", [0.0, 0.3, 2.0])
def test_a_sensor_that_lost_power_is_set_up_again(host, chip, outage):
    for _ in range(3):
        chip.power_off()
        host.run(outage)
        chip.power_on()
        assert len(host.run(2.0)) > 150
    assert host.counted()["sensor_resets"] == 3
    assert host.counted()["dropped"] == host.stream.health.lost
    assert host.stream.health.lost == pytest.approx(300 * outage + 70, abs=25)
    assert true(host.values)  # and never at the +-2 g that it wakes up with


def test_a_sensor_that_was_reset_by_another_program_is_noticed(host, chip):
    chip.start(0x68, False)
    chip.write(0x6B)
    chip.write(0x80)
    host.run(2.0)
    assert host.counted()["sensor_resets"] == 1
    assert true(host.values)


def test_an_overflow_is_counted_and_what_it_misaligned_thrown_away(bare):
    def motion(t):
        return STILL + [0, 0, 0, 0, 0, np.sin(9 * t)]

    chip = with_chip(bare, motion)
    host = Host(bare)
    host.run(1.0)
    for times in range(1, 4):
        chip.nack(seconds=1.0)
        host.run(2.0)
        assert host.counted()["fifo_overflows"] == times
        assert (
            host.counted()["dropped"] == host.stream.health.lost == pytest.approx(100 * times, 0.1)
        )
    assert host.values[:, :5] == pytest.approx(np.tile(STILL[:5], (len(host.values), 1)), abs=0.003)


def test_an_overflow_between_two_looks_is_no_sample(host, chip):
    """The chip says so only once, in the status that clears when it is read."""
    for _ in range(5):
        host.run(0.2)
        chip._fifo += b"\x55" * 1030
        del chip._fifo[:-1024]
        chip._registers[INT_STATUS] |= OVERFLOW
    host.run(0.2)
    assert host.counted()["fifo_overflows"] == 5
    assert true(host.values)


# -- which sensor


@pytest.mark.parametrize("who_am_i", [0x68, 0x70, 0x98])
def test_clones_say_who_they_are_and_work(bare, who_am_i):
    chip = with_chip(bare, who_am_i=who_am_i)
    host = Host(bare)
    host.run(1.0)
    assert host.stream._hello["who_am_i"] == who_am_i
    chip.nack(seconds=chip.kind.fifo / 1200 + 0.5)
    host.run(6.0)
    assert host.counted()["fifo_overflows"] == 1
    chip.power_cycle()
    host.run(1.0)
    assert host.counted()["sensor_resets"] == 1
    assert true(host.values)
    # A clone has a low-pass of its own for the acceleration: 44 Hz, as an MPU6050 has for both.
    assert chip._registers[0x1A] == 3
    assert chip._registers[0x1D] == (0 if who_am_i == 0x68 else 3)


def test_the_other_address(bare):
    with_chip(bare, address=0x69)
    host = Host(bare)
    assert len(host.run(1.5)) > 100
    assert host.stream._hello["who_am_i"] == 0x68
    assert true(host.values)


def test_a_clock_at_the_first_address_is_passed_over(bare):
    """A DS1307 or DS3231 is at 0x68 as well."""
    with_chip(bare, who_am_i=0x12)
    with_chip(bare, address=0x69)
    host = Host(bare)
    assert len(host.run(1.5)) > 100
    assert host.stream._hello["who_am_i"] == 0x68


def test_a_chip_that_is_none_of_these_is_named_and_not_read(bare):
    chip = with_chip(bare, who_am_i=0x34)
    (_, hello), *_ = received(bare, 0.5)
    assert hello["who_am_i"] == 0x34
    names = {name for name, _ in ask(bare, START.pack(), 2.0)}
    assert names == {"status"}
    assert chip._registers[0x6B] == chip.kind.power  # left as it was


def test_no_sensor_at_boot_and_one_later(bare):
    (_, hello), *_ = received(bare, 0.5)
    assert hello["who_am_i"] == 0
    host = Host(bare)
    host.run(2.0)
    assert host.counted()["nacks"] > 10
    with_chip(bare)
    assert len(host.run(1.5)) > 100
    assert host.stream._hello["who_am_i"] == 0x68
    assert host.counted()["dropped"] == host.stream.health.lost == 0  # none was due before it was


def test_numbers_go_on_while_nobody_listens(host):
    before = len(host.t)
    host.send(STOP.pack())
    host.board.run(5.0)
    host.board.take()
    host.send(START.pack())
    host.run(1.0)
    assert len(host.t) - before == pytest.approx(100, abs=5)
    assert host.stream.health.lost == pytest.approx(500, abs=5)
    assert host.counted()["dropped"] == 0


def test_a_restarted_board_begins_anew(host):
    host.board.reset()
    host.run(2.0)
    assert host.stream.health.lost == pytest.approx(120, abs=20)
    assert np.diff(host.t).min() > 0
    assert true(host.values)


def test_frames_are_as_long_as_is_said(bare, chip):
    assert len(frame(SAMPLE.pack(**dict.fromkeys([n for n, _ in SAMPLE.fields], 1)))) == 23
    received(bare, 0.5)
    bare.give(frame(START.pack()))
    bare.run(1.0)
    lengths = {len(segment) for segment in bare.take().split(b"\0")[:-1]}
    assert lengths == {SAMPLE.size + 3, STATUS.size + 3}
