"""The shipped sketches with the emulated chip, on the simulated board's clock."""

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
from firmware_host import REQUIREMENTS, STILL, Host, add_chip, board

LSB = np.repeat([8 * STANDARD_GRAVITY / 65536, np.radians(1000) / 65536], 3)


@pytest.fixture(params=["uno", "esp32"])
def bare_board(request):
    """A board without a sensor."""
    return board(request.param)


@pytest.fixture
def chip(bare_board):
    return add_chip(bare_board)


@pytest.fixture
def host(bare_board, chip):
    """A host to which the board has streamed for a second."""
    host = Host(bare_board)
    host.run(1.0)
    assert len(host.t) > 50
    return host


def received(board, seconds):
    """Run the board; return the messages that it sends as (name, values)."""
    board.run(seconds)
    layouts = {message.number: message for message in FROM_BOARD}
    health = Health()
    payloads = list(FrameDecoder(FROM_BOARD, health).feed(board.receive()))
    assert (health.errors, health.garbage) == (0, 0)
    return [(layouts[p[0]].name, layouts[p[0]].unpack(p)) for p in payloads]


def send_command(board, payload, seconds=0.05):
    board.send(frame(payload))
    return received(board, seconds)


def equals_still(values):
    """Whether all samples equal STILL, with each axis in its place and its scale."""
    return values == pytest.approx(np.tile(STILL, (len(values), 1)), abs=0.003)


def is_complete(host):
    """Whether delivered and lost samples add up to the duration."""
    seconds = host.t[-1] - host.t[0]
    return len(host.t) + host.stream.health.lost == pytest.approx(seconds * 100 + 1, abs=2)


# -- commands and answers


def test_firmware_uses_less_than_half_of_an_uno():
    board("uno")
    size = build.size(build.firmware())
    assert size.flash < build.UNO_FLASH / 2
    assert size.ram < build.UNO_RAM / 2
    assert size.flash > 2000  # plausibility of the measurement


def test_board_sends_one_hello_at_boot_and_then_nothing(bare_board, chip):
    bare_board.run(0.4)
    data = bare_board.receive()
    assert data[0] == 0
    (payload,) = FrameDecoder(FROM_BOARD, Health()).feed(data)
    hello = HELLO.unpack(payload)
    assert (hello["protocol"], hello["schema"]) == (protocol.VERSION, protocol.SCHEMA)
    assert (hello["booted"], hello["who_am_i"]) == (1, 0x68)
    assert {name: hello[name] for name in REQUIREMENTS} == REQUIREMENTS
    assert hello["firmware"] in ("edge-avr", "edge-esp32")
    assert send_command(bare_board, ASK_HELLO.pack()) == [("hello", hello | {"booted": 0})]
    assert received(bare_board, 3.0) == []


def test_start_and_stop_control_the_stream(bare_board, chip):
    received(bare_board, 0.5)
    names = [name for name, _ in send_command(bare_board, START.pack(), 2.5)]
    assert names.count("sample") == pytest.approx(250, abs=3)
    assert names.count("status") == 3
    send_command(bare_board, STOP.pack())
    assert received(bare_board, 1.0) == []


def test_fifteen_seconds_are_streamed_without_a_gap(bare_board):
    """The sensor's clock is 0.7 % fast, which is visible in the board's times."""
    add_chip(bare_board, rate_error=0.007)
    host = Host(bare_board)
    host.run(15)
    health = host.stream.health
    assert (health.lost, health.errors, health.garbage) == (0, 0, 0)
    assert health.rate == pytest.approx(100.7, rel=1e-4)
    assert np.diff(host.t).min() > 0.0095
    assert np.diff(host.t).max() < 0.0105
    assert equals_still(host.values)


def test_times_of_samples_are_right(bare_board):
    add_chip(bare_board, lambda t: np.array([t % 1, 0, 0, 0, 0, 0]))
    received(bare_board, 0.5)
    for name, sample in send_command(bare_board, START.pack(), 3.0):
        if name == "sample":
            taken = sample["ax"] / 32768 * 4 * STANDARD_GRAVITY
            late = (sample["time_us"] / 1e6 - taken + 0.5) % 1 - 0.5
            # The board polls the sensor once a millisecond.
            assert late == pytest.approx(0.0005, abs=0.0015)


@pytest.mark.parametrize(
    ("requested", "set_"),
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
def test_requested_settings_are_set_or_the_nearest_reported(bare_board, chip, requested, set_):
    host = Host(bare_board, REQUIREMENTS | requested)
    host.run(2.0)
    hello = host.stream.dialogue.hello
    assert {name: hello[name] for name in REQUIREMENTS} == REQUIREMENTS | set_
    assert host.stream.health.errors == 0
    assert host.stream.health.rate == pytest.approx(1000 / round(1000 / hello["rate_hz"]), rel=0.01)
    assert equals_still(host.run(1.0))


def test_range_change_while_streaming_gives_no_sample_of_a_wrong_scale(host):
    for accel_g, gyro_dps in ((2, 250), (16, 2000), (4, 500)):
        host.send(protocol.SET_RANGE.pack(accel_g=accel_g, gyro_dps=gyro_dps))
        assert len(host.run(1.0)) > 75  # the set-up takes 150 ms
    assert equals_still(host.values)
    assert host.counters()["dropped"] == host.stream.health.lost > 0
    assert host.stream.health.errors == 0


def test_invalid_commands_are_ignored(host):
    rng = random.Random(6)
    for _ in range(100):
        host.board.send(rng.randbytes(20).replace(b"c", b"d"))
        host.run(0.02)
    host.send(b"\x82\x01")  # too short for a rate
    host.send(b"\x99")
    before = host.stream.health.lost
    assert len(host.run(1.0)) == pytest.approx(100, abs=3)
    assert host.stream.health.lost == before == 0


def led_changes(board, seconds):
    """Return how often the LED changes in this time."""
    states = []
    for _ in range(round(seconds / 0.01)):
        board.run(0.01)
        states.append(board.led_on)
    return int(np.abs(np.diff(np.array(states, int))).sum())


def test_led_shows_the_state(bare_board):
    assert led_changes(bare_board, 3.0) == pytest.approx(20, abs=2)  # 3 flashes a second: no sensor
    add_chip(bare_board)
    bare_board.run(1.0)
    assert led_changes(bare_board, 4.0) == pytest.approx(
        4, abs=1
    )  # a flash every two seconds: waiting
    bare_board.send(frame(START.pack()))
    assert led_changes(bare_board, 4.0) == pytest.approx(8, abs=1)  # 1 flash a second: streaming
    bare_board.send(frame(IDENTIFY.pack()))
    assert led_changes(bare_board, 2.0) == pytest.approx(40, abs=2)  # 10 flashes a second: identify
    bare_board.run(1.1)
    assert led_changes(bare_board, 4.0) == pytest.approx(8, abs=1)


# -- plain CSV


def test_plotter_rows_are_switched_on_and_off(bare_board, chip):
    received(bare_board, 0.5)
    bare_board.send(b"c\n")
    bare_board.run(2.0)
    header, *rows = bare_board.receive().decode("ascii").split("\r\n")[:-1]
    assert header == ",".join(ACCEL + GYRO)
    assert len(rows) == pytest.approx(200, abs=3)
    for row in rows:
        assert [float(field) for field in row.split(",")] == pytest.approx(STILL, abs=0.004)
    bare_board.send(b"c\r\n")
    bare_board.run(0.1)
    bare_board.receive()
    assert received(bare_board, 1.0) == []


def test_plotter_rows_are_read_by_the_text_stream(bare_board):
    def tilted(t):
        return np.array([0, *(9.8 * f(np.sin(t)) for f in (np.sin, np.cos)), np.cos(t), 0, 0])

    add_chip(bare_board, tilted)
    bare_board.run(0.5)
    bare_board.send(b"c\n")
    stream = TextStream()
    last = []
    while bare_board.clock() < 7.0:
        bare_board.run(0.05)
        last += list(stream.feed(bare_board.receive(), bare_board.clock()).values)
    assert stream.format and stream.channels == MOTION
    assert np.array(last)[:, 3].max() == pytest.approx(1.0, abs=0.01)


def test_framed_command_ends_the_plotter_rows(bare_board, chip):
    received(bare_board, 0.5)
    bare_board.send(b"c\n")
    bare_board.run(0.5)
    host = Host(bare_board)
    host.run(1.0)
    before = host.stream.health.garbage
    assert len(host.run(1.0)) == pytest.approx(100, abs=3)
    assert host.stream.health.garbage == before


# -- faults of the sensor


def test_ten_seconds_of_nacks_are_counted_as_dropped(host, chip):
    chip.nack(seconds=10)
    assert len(host.run(10)) < 5
    assert host.counters()["nacks"] == pytest.approx(1000, abs=60)
    assert len(host.run(2.0)) > 190
    lost = host.stream.health.lost
    assert lost == host.counters()["dropped"] == pytest.approx(1000, abs=10)
    assert host.counters()["fifo_overflows"] == 1
    assert host.counters()["sensor_resets"] == 0
    assert host.stream.health.errors == host.counters()["nacks"] + 1
    assert is_complete(host)
    assert equals_still(host.values)


def test_short_outage_loses_no_samples(host, chip):
    """The samples meanwhile stay in the sensor's FIFO."""
    chip.nack(seconds=0.6)
    host.run(2.0)
    assert host.stream.health.lost == host.counters()["fifo_overflows"] == 0
    assert host.counters()["nacks"] == pytest.approx(60, abs=8)
    assert np.diff(host.t) == pytest.approx(0.01, abs=0.003)


def test_frequent_single_nacks_are_counted(host, chip):
    for _ in range(200):
        chip.nack(transfers=1)
        host.run(0.05)
    assert host.counters()["nacks"] == pytest.approx(200, abs=2)
    assert host.counters()["dropped"] == host.stream.health.lost
    assert is_complete(host)
    assert equals_still(host.values)


@pytest.mark.parametrize("outage", [0.0, 0.3, 2.0])
def test_sensor_that_lost_power_is_set_up_again(host, chip, outage):
    for _ in range(3):
        chip.power_off()
        host.run(outage)
        chip.power_on()
        assert len(host.run(2.0)) > 150
    assert host.counters()["sensor_resets"] == 3
    assert host.counters()["dropped"] == host.stream.health.lost
    assert host.stream.health.lost == pytest.approx(300 * outage + 70, abs=25)
    assert equals_still(
        host.values
    )  # and never with the +-2 g of a sensor that was just switched on


def test_sensor_reset_by_another_program_is_detected(host, chip):
    chip.start(0x68, False)
    chip.write(0x6B)
    chip.write(0x80)
    host.run(2.0)
    assert host.counters()["sensor_resets"] == 1
    assert equals_still(host.values)


def test_fifo_overflow_is_counted_and_misaligned_samples_dropped(bare_board):
    def motion(t):
        return STILL + [0, 0, 0, 0, 0, np.sin(9 * t)]

    chip = add_chip(bare_board, motion)
    host = Host(bare_board)
    host.run(1.0)
    for times in range(1, 4):
        chip.nack(seconds=1.0)
        host.run(2.0)
        assert host.counters()["fifo_overflows"] == times
        assert (
            host.counters()["dropped"] == host.stream.health.lost == pytest.approx(100 * times, 0.1)
        )
    assert host.values[:, :5] == pytest.approx(np.tile(STILL[:5], (len(host.values), 1)), abs=0.003)


def test_overflow_between_two_polls_gives_no_sample(host, chip):
    """The chip reports it only once: reading the status clears it."""
    for _ in range(5):
        host.run(0.2)
        chip._fifo += b"\x55" * 1030
        del chip._fifo[:-1024]
        chip._registers[INT_STATUS] |= OVERFLOW
    host.run(0.2)
    assert host.counters()["fifo_overflows"] == 5
    assert equals_still(host.values)


# -- which sensor


@pytest.mark.parametrize("who_am_i", [0x68, 0x70, 0x98])
def test_clones_are_identified_and_read(bare_board, who_am_i):
    chip = add_chip(bare_board, who_am_i=who_am_i)
    host = Host(bare_board)
    host.run(1.0)
    assert host.stream.dialogue.hello["who_am_i"] == who_am_i
    chip.nack(seconds=chip.kind.fifo / 1200 + 0.5)
    host.run(6.0)
    assert host.counters()["fifo_overflows"] == 1
    chip.power_cycle()
    host.run(1.0)
    assert host.counters()["sensor_resets"] == 1
    assert equals_still(host.values)
    # Clones have a separate low-pass filter for acceleration: 44 Hz here, as for the gyro.
    assert chip._registers[0x1A] == 3
    assert chip._registers[0x1D] == (0 if who_am_i == 0x68 else 3)


def test_sensor_is_found_at_the_second_address(bare_board):
    add_chip(bare_board, address=0x69)
    host = Host(bare_board)
    assert len(host.run(1.5)) > 100
    assert host.stream.dialogue.hello["who_am_i"] == 0x68
    assert equals_still(host.values)


def test_clock_chip_at_the_first_address_is_ignored(bare_board):
    """A DS1307 or DS3231 is at 0x68 as well."""
    add_chip(bare_board, who_am_i=0x12)
    add_chip(bare_board, address=0x69)
    host = Host(bare_board)
    assert len(host.run(1.5)) > 100
    assert host.stream.dialogue.hello["who_am_i"] == 0x68


def test_unknown_chip_is_reported_and_not_read(bare_board):
    chip = add_chip(bare_board, who_am_i=0x34)
    (_, hello), *_ = received(bare_board, 0.5)
    assert hello["who_am_i"] == 0x34
    names = {name for name, _ in send_command(bare_board, START.pack(), 2.0)}
    assert names == {"status"}
    assert chip._registers[0x6B] == chip.kind.power  # not changed


def test_sensor_connected_after_boot_is_found(bare_board):
    (_, hello), *_ = received(bare_board, 0.5)
    assert hello["who_am_i"] == 0
    host = Host(bare_board)
    host.run(2.0)
    assert host.counters()["nacks"] > 10
    add_chip(bare_board)
    assert len(host.run(1.5)) > 100
    assert host.stream.dialogue.hello["who_am_i"] == 0x68
    assert (
        host.counters()["dropped"] == host.stream.health.lost == 0
    )  # no sample was due before there was a sensor


def test_sequence_numbers_continue_while_stopped(host):
    before = len(host.t)
    host.send(STOP.pack())
    host.board.run(5.0)
    host.board.receive()
    host.send(START.pack())
    host.run(1.0)
    assert len(host.t) - before == pytest.approx(100, abs=5)
    assert host.stream.health.lost == pytest.approx(500, abs=5)
    assert host.counters()["dropped"] == 0


def test_restarted_board_streams_again(host):
    host.board.reset()
    host.run(2.0)
    assert host.stream.health.lost == pytest.approx(120, abs=20)
    assert np.diff(host.t).min() > 0
    assert equals_still(host.values)


def test_frames_have_the_documented_length(bare_board, chip):
    assert len(frame(SAMPLE.pack(**dict.fromkeys([n for n, _ in SAMPLE.fields], 1)))) == 23
    received(bare_board, 0.5)
    bare_board.send(frame(START.pack()))
    bare_board.run(1.0)
    lengths = {len(segment) for segment in bare_board.receive().split(b"\0")[:-1]}
    assert lengths == {SAMPLE.size + 3, STATUS.size + 3}
