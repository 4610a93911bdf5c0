"""Plain CSV of a live board: what it is, is told from the rows alone."""

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

BANNER = "Initializing IMU...\r\nMPU6050 connection successful\r\n"


def play(lines, period=0.01, stream=None, start=50.0, batch=0.02):
    """Feed lines as they would arrive, gathered in batches; gives the stream and its samples."""
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
    """Acceleration and turn rate, in m/s^2 and rad/s, of a sensor that is tilted to and fro."""
    generator = np.random.default_rng(seed)
    t = np.arange(count) / rate
    angle = tilt * np.sin(2 * np.pi * 0.7 * t)
    zero = np.zeros(count)
    accel = STANDARD_GRAVITY * np.stack([zero, np.sin(angle), np.cos(angle)], 1)
    gyro = np.stack([np.gradient(angle, 1 / rate), zero, zero], 1)
    accel += noise * generator.standard_normal(accel.shape)
    gyro += bias + noise / 20 * generator.standard_normal(gyro.shape)
    return accel, gyro


def rows(*columns, form="%.3f"):
    return [",".join(form % value for value in row) for row in np.hstack(columns)]


def fails(lines, match, **how):
    with pytest.raises(SourceError, match=match):
        play(lines, **how)


# -- units


@pytest.mark.parametrize("accel_unit", [1.0, STANDARD_GRAVITY])
@pytest.mark.parametrize("gyro_unit", [1.0, DEGREE])
@pytest.mark.parametrize("rate", [50.0, 100.0, 200.0])
def test_six_columns_in_any_unit_become_si(accel_unit, gyro_unit, rate):
    accel, gyro = moving(400, rate)
    stream, t, values = play(rows(accel / accel_unit, gyro / gyro_unit), 1 / rate)
    assert (stream.channels, stream.rate) == (MOTION, rate)
    assert len(t) == stream.health.samples == 399  # the first line may have been cut
    assert values[:, :3] == pytest.approx(accel[1:], abs=0.01)
    assert values[:, 3:] == pytest.approx(gyro[1:], abs=0.001)
    assert np.diff(t) == pytest.approx(1 / rate, rel=0.2)
    assert stream.health.errors == stream.health.garbage == stream.health.lost == 0


def test_deg_per_s_show_at_rest_by_their_bias():
    accel, gyro = moving(150, tilt=0, bias=0.03)
    stream, t, _ = play(rows(accel, gyro / DEGREE))
    assert len(t) == 149


def test_a_gyro_in_rad_per_s_at_rest_is_held_until_it_is_tilted(caplog):
    still, quiet = moving(1500, tilt=0, bias=0.0)
    stream, t, _ = play(rows(still, quiet, form="%.2f"))
    assert len(t) == 0
    assert caplog.text.count("Tilt the sensor") == 1
    accel, gyro = moving(100)
    _, t, values = play(rows(accel, gyro), stream=stream, start=50 + 15)
    assert 1000 <= len(t) <= 1130  # ten seconds are kept, the others are booked as lost
    assert stream.health.lost + len(t) == 1599
    assert values[-50:, 3:] == pytest.approx(gyro[-50:], abs=0.001)


def test_translation_alone_does_not_decide_on_the_gyro():
    accel, gyro = moving(600, tilt=0, bias=0.0)
    accel[:, 0] += 6 * np.sin(np.arange(600) / 8)
    for unit in (1, DEGREE):
        _, t, _ = play(rows(accel, gyro / unit, form="%.2f"))
        assert len(t) == 0


@given(
    st.integers(0, 10**6),
    st.sampled_from([1.0, DEGREE]),
    st.sampled_from([20.0, 50.0, 100.0]),
    st.floats(0.1, 1.2),
    st.floats(0, 5),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_gyro_is_never_taken_for_the_other_unit(seed, unit, rate, tilt, shake):
    accel, gyro = moving(int(4 * rate), rate, tilt, seed=seed)
    generator = np.random.default_rng(seed)
    t = np.arange(len(accel)) / rate
    direction = generator.standard_normal(3)
    accel += shake * np.sin(2 * np.pi * 2.3 * t + seed)[:, None] * direction / 2
    stream, t, values = play(rows(accel, gyro / unit), 1 / rate)
    if len(t):
        assert values[-20:, 3:] == pytest.approx(gyro[-20:], abs=0.01)


def test_raw_counts_are_refused_in_words():
    accel, gyro = moving(300)
    stream, t, _ = play(rows(accel * 16384 / STANDARD_GRAVITY, gyro * 100, form="%.0f"))
    assert len(t) == 0
    assert "not raw counts" in stream.obstacle


def test_a_sleeping_sensor_is_named():
    stream, t, _ = play(["0.00,0.00,0.00"] * 300)
    assert len(t) == 0
    assert "sleeps" in stream.obstacle


# -- the legacy sketch


def legacy(accel_g, offset):
    """What it prints, byte for byte: two decimals, three blank lines after each 30 rows."""
    out = [BANNER.encode(), "Offset: {:.2f}\t{:.2f}\t{:.2f}\r\n".format(*offset).encode()]
    for at, row in enumerate(accel_g - offset):
        out.append("{:.2f},{:.2f},{:.2f}\r\n".format(*row).encode())
        if at % 30 == 29:
            out[-1] += b"\r\n\r\n\r\n"
    return out


def test_the_legacy_sketch_at_its_true_speed():
    accel, _ = moving(200, 18.9)
    offset = np.array([0.02, 0.05, 0.99])
    stream, t, values = play(legacy(accel / STANDARD_GRAVITY, offset), 1 / 18.9)
    assert (stream.channels, stream.rate) == (ACCEL, 20)
    assert len(t) == 200
    assert stream.health.garbage == stream.health.errors == stream.health.lost == 0
    assert values == pytest.approx(accel, abs=0.12)  # gravity is back: two decimals of a g, twice
    assert stream.health.rate == pytest.approx(18.9, rel=0.01)


def test_the_legacy_sketch_joined_in_the_middle_is_in_g_without_gravity(caplog):
    accel, _ = moving(100, 20, tilt=0.3)
    lines = legacy(accel / STANDARD_GRAVITY, np.array([0.0, 0.0, 1.0]))[2:]
    stream, t, values = play(lines, 0.05)
    assert "gravity is missing" in caplog.text
    assert values == pytest.approx(accel[1:] - [0, 0, STANDARD_GRAVITY], abs=0.06)


def test_without_its_two_decimals_missing_gravity_is_not_guessed_at():
    accel, _ = moving(200, tilt=0)
    stream, t, _ = play(rows(accel - [0, 0, STANDARD_GRAVITY], form="%.4f"))
    assert len(t) == 0
    assert "gravity" in stream.obstacle


def test_a_failed_sensor_is_reported_in_the_boards_words():
    fails(["Initializing IMU...", "MPU6050 connection failed"], "wiring")


def test_an_offset_that_is_no_gravity_is_not_added():
    accel, _ = moving(200)
    lines = ["Offset: 120\t-30\t16300", *rows(accel)]
    _, _, values = play(lines)
    assert values == pytest.approx(accel, abs=0.01)


# -- times


def timed(count, period_ms=10.0, start_ms=1000.0):
    accel, gyro = moving(count)
    return np.hstack([(start_ms + period_ms * np.arange(count))[:, None], accel, gyro])


def test_a_time_column_gives_the_times_and_the_losses():
    table = timed(400)
    lines = [line for at, line in enumerate(rows(table)) if not 200 <= at < 230]
    stream, t, values = play(lines)
    assert stream.rate == 100
    assert stream.health.lost == 30
    expected = np.delete(table[:, 0], range(200, 230))[1:] / 1000
    assert t == pytest.approx(expected - expected[0], abs=1e-5)


@pytest.mark.parametrize("number", ["1e308", "-1e300", "inf", "nan"])
@pytest.mark.parametrize("column", range(7))
def test_a_number_too_large_to_compute_with_is_a_damaged_row(number, column):
    lines = rows(timed(200))
    fields = lines[150].split(",")
    fields[column] = number
    lines[150] = ",".join(fields)
    stream, t, _ = play(lines)
    assert len(t) == 198
    assert (stream.health.errors, stream.health.lost) == (1, 1)


@pytest.mark.parametrize("number", ["1e308", "-1e300"])
def test_nothing_but_numbers_too_large_is_refused_in_words(number):
    stream, _, _ = play([",".join([number] * 6)] * 300)
    assert "hold no numbers" in stream.obstacle


def test_a_clock_that_starts_anew_does_not_turn_time_back():
    stream, t, _ = play(rows(timed(200)))
    _, later, _ = play(rows(timed(50, start_ms=0)), stream=stream, start=53.0)
    assert later[0] - t[-1] == pytest.approx(1.01, abs=0.03)
    assert (np.diff(later) > 0).all()
    assert stream.health.lost == pytest.approx(100, abs=3)


def test_a_header_names_columns_in_any_order():
    accel, gyro = moving(300)
    temperature = np.full((300, 1), 31.5)
    lines = ["gz,gy,gx,temp,az,ay,ax", *rows(gyro[:, ::-1], temperature, accel[:, ::-1])]
    stream, t, values = play(lines)
    assert len(t) == 300
    assert values == pytest.approx(np.hstack([accel, gyro]), abs=0.002)


def test_the_own_header_says_rad_per_s_even_at_rest():
    accel, gyro = moving(200, tilt=0, bias=0)
    table = np.hstack([10.0 * np.arange(200)[:, None], accel, gyro])
    stream, t, _ = play(["t_ms,ax,ay,az,gx,gy,gz", *rows(table)])
    assert len(t) == 200


def test_untimed_rows_follow_the_arrival_over_a_long_time():
    accel, _ = moving(6000)
    _, t, _ = play(rows(accel), period=1 / 97)
    assert t[-1] - t[0] == pytest.approx(5998 / 97, abs=0.05)
    assert np.diff(t).max() < 0.03
    assert np.diff(t).min() > 0


def test_an_outage_leaves_a_gap_and_is_counted():
    accel, _ = moving(400)
    stream, t, _ = play(rows(accel)[:300])
    stream.interrupted()
    _, later, _ = play(rows(accel)[300:], stream=stream, start=55.0)  # two seconds later
    assert later[0] - t[-1] == pytest.approx(2.0, abs=0.1)
    assert stream.health.lost == pytest.approx(200, abs=8)


@pytest.mark.parametrize("period", [1.0, 0.3])
def test_rows_that_come_too_seldom_are_refused(period):
    accel, _ = moving(60)
    fails(rows(accel), "Hz", period=period)


def test_times_that_cannot_be_are_refused():
    fails(rows(timed(200, period_ms=0.0)), "column 1")


# -- what is no row


@pytest.mark.parametrize("width", [1, 2, 4, 5, 8])
def test_other_widths_are_refused_with_what_is_accepted(width):
    line = ",".join(["0.5"] * width)
    fails([line] * 200, f"rows of {width} columns; accepted are 3 .* 6 .* 7")


def test_garbage_and_damage_are_counted_and_the_rest_is_whole():
    accel, gyro = moving(600)
    lines = [line.encode() + b"\r\n" for line in rows(accel, gyro / DEGREE)]
    clean = len(b"".join(lines))
    lines[0] = b"\x00\xff rst:0x1 (POWERON)\n" + BANNER.encode() + lines[0]
    lines[250] = b"nan" + lines[250][lines[250].index(b",") :]
    lines[300] = b"1.0,2.0\r\n"  # a piece of a row
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


def test_a_line_without_end_is_not_kept():
    stream = TextStream()
    for _ in range(100):
        stream.feed(b"1,2,3," * 1000, 1.0)
        assert len(stream._lines._rest) <= text_lines.LONGEST
    assert stream.health.garbage == 600_000


def test_random_bytes_are_never_rows():
    generator = np.random.default_rng(3)
    stream = TextStream()
    for at in range(2000):
        assert len(stream.feed(generator.bytes(4096), at / 10)) == 0
    assert stream.format is None


@pytest.mark.parametrize("row", ["1", "1,2,3"])
def test_single_rows_in_much_noise_are_no_stream(row):
    stream, t, _ = play([f"\x07\n{row}\n{row}"] * 1000)
    assert len(t) == 0
    assert not stream.promising


@given(st.binary(max_size=300), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_it_before_or_after_it_knows(noise, chunk):
    stream, _, _ = KNOWN
    for at in range(0, len(noise), chunk):
        stream.feed(noise[at : at + chunk], 60.0 + at)
        with contextlib.suppress(SourceError):  # it may be a banner that says so
            TextStream().feed(noise[at : at + chunk], 1.0)


def test_the_decision_is_logged_once(caplog):
    caplog.set_level(logging.INFO)
    accel, gyro = moving(500)
    play(rows(accel / STANDARD_GRAVITY, gyro / DEGREE))
    assert caplog.text.count("acceleration in g") == 1
    assert caplog.text.count("turn rate is in deg/s") == 1


KNOWN = play(rows(moving(200)[0]))
