"""Times of a sensor without a clock: they follow the host's clock and the sensor's rate."""

from __future__ import annotations

import numpy as np
import pytest

from edge.source.sample_clock import SampleClock

RATE = 100.0


def play(clock: SampleClock, period: float, start: float, seconds: float) -> float:
    """Read the samples of a sensor five at a time, each read in time; return when the last came."""
    now = start
    for _ in range(round(seconds / period / 5)):
        now += 5 * period
        clock.stamp(5, now - 0.001, now)
    return now


def test_samples_that_come_in_time_are_one_period_apart():
    clock = SampleClock(RATE, 7.0)
    assert clock.stamp(4, 7.035, 7.045) == pytest.approx([7.01, 7.02, 7.03, 7.04], abs=1e-12)
    assert clock.stamp(1, 7.04, 7.06) == pytest.approx([7.05], abs=1e-12)
    assert clock.newest == pytest.approx(7.05, abs=1e-12)


def test_the_newest_sample_is_at_most_one_period_older_than_the_read():
    times = SampleClock(RATE, 0.0).stamp(10, 0.2, 0.21)  # ten samples are 0.1 s by the rate
    assert times == pytest.approx(np.arange(1, 11) * 0.019)


def test_no_sample_is_newer_than_the_read():
    times = SampleClock(RATE, 0.0).stamp(10, 0.04, 0.05)
    assert times == pytest.approx(np.arange(1, 11) * 0.005)


def test_times_increase_even_if_no_time_has_passed():
    clock = SampleClock(RATE, 1.0)
    times = [*clock.stamp(3, 1.0, 1.0), *clock.stamp(2, 1.0, 1.0)]
    assert np.diff([1.0, *times]) == pytest.approx([1e-6] * 5)


@pytest.mark.parametrize(
    ("now", "lost"), [(1.0, 0), (0.5, 0), (1.009, 0), (1.011, 1), (3.005, 200)]
)
def test_samples_that_were_not_read_are_lost(now, lost):
    clock = SampleClock(RATE, 1.0)
    assert clock.skip(now) == lost
    assert clock.newest == pytest.approx(1.0 + lost / RATE)


@pytest.mark.parametrize("error", [-0.03, 0.02])
def test_the_period_is_measured_after_five_seconds(error):
    clock, period = SampleClock(RATE, 0.0), (1 + error) / RATE
    now = play(clock, period, 0.0, 4.5)
    assert clock.period == 1 / RATE
    play(clock, period, now, 2.0)
    assert clock.period == pytest.approx(period, rel=0.002)


def test_the_period_is_measured_over_the_last_minute():
    clock = SampleClock(RATE, 0.0)
    now = play(clock, 0.0100, 0.0, 120)
    now = play(clock, 0.0102, now, 30)
    assert clock.period == pytest.approx(0.0101, rel=0.001)  # half of the minute
    play(clock, 0.0102, now, 40)
    assert clock.period == pytest.approx(0.0102, rel=0.0002)


def test_the_period_is_not_measured_over_lost_samples():
    clock = SampleClock(RATE, 0.0)
    now = play(clock, 0.0102, 0.0, 10)
    measured = clock.period
    clock.skip(now + 3.0)  # their number is only an estimate
    now = play(clock, 0.0100, now + 3.0, 4)
    assert clock.period == measured
    play(clock, 0.0100, now, 3)
    assert clock.period == pytest.approx(0.0100, rel=0.001)


def test_a_late_read_does_not_change_the_times_of_the_samples():
    clock = SampleClock(RATE, 0.0)
    clock.stamp(5, 0.049, 0.05)
    late = clock.stamp(5, 0.109, 0.12)  # 0.1 s is expected, and at most one period before the read
    assert late == pytest.approx(np.arange(6, 11) / RATE, abs=1e-9)
