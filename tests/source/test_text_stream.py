"""Plain CSV from a live board: its format is detected from the rows."""

import contextlib
import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import SourceError
from edge.samples import ACCEL, DEGREE, MOTION, STANDARD_GRAVITY
from edge.source.serial.text import lines as text_lines
from edge.source.serial.text.stream import TextStream
from edge.source.serial.text.timestamps import ArrivalTimes

BANNER = "Initializing IMU...\r\nMPU6050 connection successful\r\n"


def play(lines, period=0.01, stream=None, start=50.0, batch=0.02):
    """Feed lines in batches, as they would arrive; return the stream, times and values."""
    stream = stream or TextStream()
    chunks, waiting, due = [], b"", start
    for at, line in enumerate(lines):
        now = start + (at + 1) * period
        waiting += line if isinstance(line, bytes) else f"{line}\r\n".encode()
        if now >= due:
            chunks.append(stream.feed(waiting, now))
            waiting, due = b"", now + batch
    chunks.append(stream.feed(waiting, start + len(lines) * period))
    chunks = [chunk for chunk in chunks if len(chunk)]
    if not chunks:
        return stream, np.empty(0), np.empty((0, 6))
    return (
        stream,
        np.concatenate([chunk.t for chunk in chunks]),
        np.concatenate([chunk.values for chunk in chunks]),
    )


def moving(count, rate=100.0, tilt=1.0, noise=0.02, bias=0.01, seed=1):
    """Return acceleration in m/s^2 and turn rate in rad/s of a sensor tilted back and forth."""
    generator = np.random.default_rng(seed)
    t = np.arange(count) / rate
    angle = tilt * np.sin(2 * np.pi * 0.7 * t)
    zero = np.zeros(count)
    accel = STANDARD_GRAVITY * np.stack([zero, np.sin(angle), np.cos(angle)], 1)
    gyro = np.stack([np.gradient(angle, 1 / rate), zero, zero], 1)
    accel += noise * generator.standard_normal(accel.shape)
    gyro += bias + noise / 20 * generator.standard_normal(gyro.shape)
    return accel, gyro


def rows(*columns, number_format="%.3f"):
    return [",".join(number_format % value for value in row) for row in np.hstack(columns)]


def assert_refused(lines, match, **options):
    with pytest.raises(SourceError, match=match):
        play(lines, **options)


# -- times of rows without a time column


def test_a_late_read_does_not_change_the_times_of_rows():
    times, valid = ArrivalTimes(100.0, 5.0), np.ones(5, bool)
    first, _, _ = times.place(valid, np.zeros(5), 5.05)
    late, _, lost = times.place(valid, np.zeros(5), 5.13)  # they are due at 5.10
    assert [*first, *late] == pytest.approx(np.arange(1, 11) / 100)
    assert lost == 0


def test_rows_that_do_not_come_are_lost_after_half_a_second():
    for pause, expected in ((0.4, 0), (0.605, 60)):
        times, valid = ArrivalTimes(100.0, 0.0), np.array([True, False, True, True, True])
        times.place(valid, np.zeros(5), 0.05)
        t, _, lost = times.place(valid, np.zeros(5), 0.1 + pause)
        assert lost == expected + 1 and len(t) == 4  # a damaged row has a time as well


# -- units


@pytest.mark.parametrize("accel_unit", [1.0, STANDARD_GRAVITY])
@pytest.mark.parametrize("gyro_unit", [1.0, DEGREE])
@pytest.mark.parametrize("rate", [50.0, 100.0, 200.0])
def test_six_columns_in_any_units_are_converted_to_si(accel_unit, gyro_unit, rate):
    accel, gyro = moving(400, rate)
    stream, t, values = play(rows(accel / accel_unit, gyro / gyro_unit), 1 / rate)
    assert (stream.channels, stream.rate) == (MOTION, rate)
    assert len(t) == stream.health.samples == 399  # the first line may have been cut
    assert values[:, :3] == pytest.approx(accel[1:], abs=0.01)
    assert values[:, 3:] == pytest.approx(gyro[1:], abs=0.001)
    assert np.diff(t) == pytest.approx(1 / rate, rel=0.2)
    assert stream.health.errors == stream.health.garbage == stream.health.lost == 0


@pytest.mark.parametrize("unit", [1.0, DEGREE], ids=["rad/s", "deg/s"])
def test_a_turn_rate_that_no_sensor_measures_is_damage(unit):
    """A sensor of 2000 deg/s measures at most that and a few per cent of error: 2100 deg/s."""
    accel, gyro = moving(400)
    for row, degrees in ((350, 2090.0), (360, -2090.0), (370, 2110.0), (380, -2110.0)):
        gyro[row, 1] = degrees * DEGREE
    stream, t, values = play(rows(accel, gyro / unit))
    assert len(t) == 397
    assert (stream.health.errors, stream.health.lost) == (2, 2)
    assert np.abs(values[:, 4]).max() == pytest.approx(2090 * DEGREE, rel=1e-3)


def test_gyro_in_deg_per_s_is_detected_at_rest_by_its_bias():
    accel, gyro = moving(150, tilt=0, bias=0.03)
    stream, t, _ = play(rows(accel, gyro / DEGREE))
    assert len(t) == 149


def test_gyro_in_rad_per_s_at_rest_is_held_back_until_tilted(caplog):
    still, quiet = moving(1500, tilt=0, bias=0.0)
    stream, t, _ = play(rows(still, quiet, number_format="%.2f"))
    assert len(t) == 0
    assert caplog.text.count("Tilt the sensor") == 1
    accel, gyro = moving(100)
    _, t, values = play(rows(accel, gyro), stream=stream, start=50 + 15)
    assert 1000 <= len(t) <= 1130  # ten seconds are held back, older rows are counted as lost
    assert stream.health.lost + len(t) == 1599
    assert values[-50:, 3:] == pytest.approx(gyro[-50:], abs=0.001)


def test_translation_does_not_decide_the_gyro_unit():
    accel, gyro = moving(600, tilt=0, bias=0.0)
    accel[:, 0] += 6 * np.sin(np.arange(600) / 8)
    for unit in (1, DEGREE):
        _, t, _ = play(rows(accel, gyro / unit, number_format="%.2f"))
        assert len(t) == 0


@given(
    st.integers(0, 10**6),
    st.sampled_from([1.0, DEGREE]),
    st.sampled_from([20.0, 50.0, 100.0]),
    st.floats(0.1, 1.2),
    st.floats(0, 5),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_gyro_unit_is_never_wrong(seed, unit, rate, tilt, shake):
    accel, gyro = moving(int(4 * rate), rate, tilt, seed=seed)
    generator = np.random.default_rng(seed)
    t = np.arange(len(accel)) / rate
    direction = generator.standard_normal(3)
    accel += shake * np.sin(2 * np.pi * 2.3 * t + seed)[:, None] * direction / 2
    stream, t, values = play(rows(accel, gyro / unit), 1 / rate)
    if len(t):
        assert values[-20:, 3:] == pytest.approx(gyro[-20:], abs=0.01)


def test_raw_counts_are_refused_with_a_reason():
    accel, gyro = moving(300)
    stream, t, _ = play(rows(accel * 16384 / STANDARD_GRAVITY, gyro * 100, number_format="%.0f"))
    assert len(t) == 0
    assert "not raw counts" in stream.obstacle


def test_sleeping_sensor_is_named_as_the_reason():
    stream, t, _ = play(["0.00,0.00,0.00"] * 300)
    assert len(t) == 0
    assert "sleeps" in stream.obstacle


# -- the legacy sketch


def legacy_lines(accel_g, offset):
    """Return the sketch's output: two decimals, three blank lines after each 30 rows."""
    out = [BANNER.encode(), "Offset: {:.2f}\t{:.2f}\t{:.2f}\r\n".format(*offset).encode()]
    for at, row in enumerate(accel_g - offset):
        out.append("{:.2f},{:.2f},{:.2f}\r\n".format(*row).encode())
        if at % 30 == 29:
            out[-1] += b"\r\n\r\n\r\n"
    return out


def test_legacy_sketch_at_its_real_rate_is_read():
    accel, _ = moving(200, 18.9)
    offset = np.array([0.02, 0.05, 0.99])
    stream, t, values = play(legacy_lines(accel / STANDARD_GRAVITY, offset), 1 / 18.9)
    assert (stream.channels, stream.rate) == (ACCEL, 20)
    assert len(t) == 200
    assert stream.health.garbage == stream.health.errors == stream.health.lost == 0
    assert values == pytest.approx(
        accel, abs=0.12
    )  # gravity is added again; both numbers have two decimals of a g
    assert stream.health.rate == pytest.approx(18.9, rel=0.01)


def test_legacy_sketch_without_its_banner_is_read_without_gravity(caplog):
    accel, _ = moving(100, 20, tilt=0.3)
    lines = legacy_lines(accel / STANDARD_GRAVITY, np.array([0.0, 0.0, 1.0]))[2:]
    stream, t, values = play(lines, 0.05)
    assert "gravity is missing" in caplog.text
    assert values == pytest.approx(accel[1:] - [0, 0, STANDARD_GRAVITY], abs=0.06)


def test_missing_gravity_is_refused_if_not_from_the_legacy_sketch():
    accel, _ = moving(200, tilt=0)
    stream, t, _ = play(rows(accel - [0, 0, STANDARD_GRAVITY], number_format="%.4f"))
    assert len(t) == 0
    assert "gravity" in stream.obstacle


def test_banner_of_a_failed_sensor_is_an_error():
    assert_refused(["Initializing IMU...", "MPU6050 connection failed"], "wiring")


def test_offset_that_is_not_gravity_is_ignored():
    accel, _ = moving(200)
    lines = ["Offset: 120\t-30\t16300", *rows(accel)]
    _, _, values = play(lines)
    assert values == pytest.approx(accel, abs=0.01)


# -- times


def timed(count, period_ms=10.0, start_ms=1000.0):
    accel, gyro = moving(count)
    return np.hstack([(start_ms + period_ms * np.arange(count))[:, None], accel, gyro])


def test_time_column_gives_times_and_lost_samples():
    table = timed(400)
    lines = [line for at, line in enumerate(rows(table)) if not 200 <= at < 230]
    stream, t, values = play(lines)
    assert stream.rate == 100
    assert stream.health.lost == 30
    expected = np.delete(table[:, 0], range(200, 230))[1:] / 1000
    assert t == pytest.approx(expected - expected[0], abs=1e-5)


@pytest.mark.parametrize("number", ["1e308", "-1e300", "inf", "nan"])
@pytest.mark.parametrize("column", range(7))
def test_row_with_an_impossible_number_is_damaged(number, column):
    lines = rows(timed(200))
    fields = lines[150].split(",")
    fields[column] = number
    lines[150] = ",".join(fields)
    stream, t, _ = play(lines)
    assert len(t) == 198
    assert (stream.health.errors, stream.health.lost) == (1, 1)


@pytest.mark.parametrize("number", ["1e308", "-1e300"])
def test_rows_of_impossible_numbers_only_are_refused(number):
    stream, _, _ = play([",".join([number] * 6)] * 300)
    assert "hold no numbers" in stream.obstacle


def test_times_increase_when_the_boards_clock_restarts():
    stream, t, _ = play(rows(timed(200)))
    _, later, _ = play(rows(timed(50, start_ms=0)), stream=stream, start=53.0)
    assert later[0] - t[-1] == pytest.approx(1.01, abs=0.03)
    assert (np.diff(later) > 0).all()
    assert stream.health.lost == pytest.approx(100, abs=3)


def test_header_names_columns_in_any_order():
    accel, gyro = moving(300)
    temperature = np.full((300, 1), 31.5)
    lines = ["gz,gy,gx,temp,az,ay,ax", *rows(gyro[:, ::-1], temperature, accel[:, ::-1])]
    stream, t, values = play(lines)
    assert len(t) == 300
    assert values == pytest.approx(np.hstack([accel, gyro]), abs=0.002)


def test_own_header_means_rad_per_s_even_at_rest():
    accel, gyro = moving(200, tilt=0, bias=0)
    table = np.hstack([10.0 * np.arange(200)[:, None], accel, gyro])
    stream, t, _ = play(["t_ms,ax,ay,az,gx,gy,gz", *rows(table)])
    assert len(t) == 200


def test_times_of_rows_without_times_follow_their_arrival():
    accel, _ = moving(6000)
    _, t, _ = play(rows(accel), period=1 / 97)
    assert t[-1] - t[0] == pytest.approx(5998 / 97, abs=0.05)
    assert np.diff(t).max() < 0.03
    assert np.diff(t).min() > 0


def test_interruption_leaves_a_gap_and_is_counted():
    accel, _ = moving(400)
    stream, t, _ = play(rows(accel)[:300])
    stream.interrupted()
    _, later, _ = play(rows(accel)[300:], stream=stream, start=55.0)  # two seconds later
    assert later[0] - t[-1] == pytest.approx(2.0, abs=0.1)
    assert stream.health.lost == pytest.approx(200, abs=8)


@pytest.mark.parametrize("period", [1.0, 0.3])
def test_too_low_rate_is_refused(period):
    accel, _ = moving(60)
    assert_refused(rows(accel), "Hz", period=period)


def test_constant_time_column_is_refused():
    assert_refused(rows(timed(200, period_ms=0.0)), "column 1")


# -- damage and garbage


@pytest.mark.parametrize("width", [1, 2, 4, 5, 8])
def test_other_widths_are_refused_and_accepted_ones_listed(width):
    line = ",".join(["0.5"] * width)
    assert_refused([line] * 200, f"rows of {width} columns; accepted are 3 .* 6 .* 7")


def test_garbage_and_damage_are_counted_and_other_rows_intact():
    accel, gyro = moving(600)
    lines = [line.encode() + b"\r\n" for line in rows(accel, gyro / DEGREE)]
    clean = len(b"".join(lines))
    lines[0] = b"\x00\xff rst:0x1 (POWERON)\n" + BANNER.encode() + lines[0]
    lines[250] = b"nan" + lines[250][lines[250].index(b",") :]
    lines[300] = b"1.0,2.0\r\n"  # part of a row
    lines[350] = b"\xfe\xff\x00" + lines[350][10:]
    lines[400] = b"99999," + lines[400].split(b",", 1)[1]
    lines[450] = b"hello\n" + lines[450]
    stream, t, values = play(lines)
    assert clean
    assert len(t) == 600 - 4
    assert stream.health.errors == 3
    assert stream.health.lost == 3
    assert stream.health.garbage == 21 + len(lines[350]) + 6
    assert values[-100:, :3] == pytest.approx(accel[-100:], abs=0.01)


def test_endless_line_is_not_buffered():
    stream = TextStream()
    for _ in range(100):
        stream.feed(b"1,2,3," * 1000, 1.0)
        assert len(stream._lines._rest) <= text_lines.LONGEST_LINE
    assert stream.health.garbage == 600_000


def test_random_bytes_are_never_rows():
    generator = np.random.default_rng(3)
    stream = TextStream()
    for at in range(2000):
        assert len(stream.feed(generator.bytes(4096), at / 10)) == 0
    assert stream.format is None


@pytest.mark.parametrize("row", ["1", "1,2,3"])
def test_single_rows_in_noise_are_not_a_stream(row):
    stream, t, _ = play([f"\x07\n{row}\n{row}"] * 1000)
    assert len(t) == 0
    assert not stream.promising


@given(st.binary(max_size=300), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_random_bytes_cause_no_other_error_before_or_after_detection(noise, chunk):
    stream, _, _ = WITH_FORMAT
    for at in range(0, len(noise), chunk):
        stream.feed(noise[at : at + chunk], 60.0 + at)
        with contextlib.suppress(SourceError):  # raised for a banner that reports a fault
            TextStream().feed(noise[at : at + chunk], 1.0)


def test_detected_format_is_logged_once(caplog):
    caplog.set_level(logging.INFO)
    accel, gyro = moving(500)
    play(rows(accel / STANDARD_GRAVITY, gyro / DEGREE))
    assert caplog.text.count("acceleration in g") == 1
    assert caplog.text.count("turn rate is in deg/s") == 1


WITH_FORMAT = play(rows(moving(200)[0]))


@given(
    st.lists(st.sampled_from([*"019.,,,;- \t\r_e#xn", "nan", "inf", "1e19", "-2.5"]), max_size=12)
)
def test_fast_parser_of_rows_agrees_with_the_complete_one(parts):
    line = "".join(parts).encode()
    row = text_lines._plain_row(line)
    assert row is None or row == text_lines._parse(line)


def test_rows_of_most_boards_are_parsed_fast():
    assert text_lines._plain_row(b"0.306, -0.294,9.5,-9,+1e2,5.142\r") == [
        0.306,
        -0.294,
        9.5,
        -9,
        100,
        5.142,
    ]
