"""The clock of a board: drift, restarts, duplicates, and wraps of its counters."""

from __future__ import annotations

import pytest

from edge.source.serial.device_clock import DeviceClock

RATE = 100.0


def started(seconds: float, drift: float = 0.0) -> tuple[DeviceClock, int, int, float]:
    """A clock after a sample every 100 s; the board's clock is faster than the host's by `drift`.

    Also the sequence number and the time in us of the last sample, and its time on the host.
    """
    clock, seq, time_us, now = DeviceClock(), 0, 0, 0.0
    clock.step(seq, time_us, RATE, now)
    while now < seconds:
        seq, time_us, now = seq + 10_000, time_us + 100_000_000, now + 100 / (1 + drift)
        step = clock.step(seq % 65536, time_us % 2**32, RATE, now)
        assert step is not None and not step.restarted and step.lost == 9999
    return clock, seq, time_us, now


@pytest.mark.parametrize("drift", [-0.008, -0.002, 0.0, 0.002, 0.008])
@pytest.mark.parametrize("gap", [11, 60, 1800])
def test_a_board_whose_clock_drifts_has_not_restarted_after_a_long_gap(drift, gap):
    clock, seq, time_us, now = started(3600, drift)
    step = clock.step(
        (seq + 100 * gap) % 65536, (time_us + 10**6 * gap) % 2**32, RATE, now + gap / (1 + drift)
    )
    assert step is not None and not step.restarted
    assert step.lost == 100 * gap - 1


@pytest.mark.parametrize("drift", [-0.008, -0.002, 0.0, 0.002, 0.008])
def test_a_jump_of_the_time_is_a_restart_after_hours_of_drift(drift):
    """The sequence number fits the jump of 15 s, only the host's clock shows that 1 s passed.

    A board that is 0.8 % slow is 29 s behind after an hour: compared with the start, the jump would
    look like a board that has caught up.
    """
    clock, seq, time_us, now = started(3600, drift)
    step = clock.step((seq + 1500) % 65536, (time_us + 15 * 10**6) % 2**32, RATE, now + 1)
    assert step is not None and step.restarted
    assert step.lost == 99


@pytest.mark.parametrize("early", [1.0, 1.9])
def test_a_sample_may_arrive_before_the_clock_of_the_host_expects_it(early):
    clock, seq, time_us, now = started(100)
    step = clock.step((seq + 2000) % 65536, time_us + 20 * 10**6, RATE, now + 20 - early)
    assert step is not None and not step.restarted


def test_a_sample_that_is_much_too_early_is_a_restart():
    clock, seq, time_us, now = started(100)
    step = clock.step((seq + 2000) % 65536, time_us + 20 * 10**6, RATE, now + 20 - 2.3)
    assert step is not None and step.restarted


@pytest.mark.parametrize(("back", "duplicate"), [(0, True), (1, True), (64, True), (65, False)])
def test_only_a_recent_number_is_a_duplicate(back, duplicate):
    clock, seq, time_us, now = started(100)
    step = clock.step((seq - back) % 65536, time_us - back * 10_000, RATE, now)
    assert (step is None) == duplicate
    assert step is None or step.restarted


@pytest.mark.parametrize("difference", [-4, 4])
def test_a_recent_number_with_another_time_is_no_duplicate(difference):
    clock, seq, time_us, now = started(100)
    step = clock.step((seq - 1) % 65536, time_us - 10_000 + difference * 10_000, RATE, now)
    assert step is not None and step.restarted


def test_times_increase_even_if_the_board_repeats_one():
    clock, seq, time_us, now = started(100)
    steps = [clock.step((seq + k) % 65536, time_us, RATE, now) for k in (1, 2, 3)]
    times = [step.t for step in steps if step is not None]
    assert len(times) == 3 and times[0] < times[1] < times[2]


def first_steps(*samples: tuple[int, int, float]) -> list[tuple[float, int, bool]]:
    """The position, loss and restart of samples of (sequence number, us, time on the host)."""
    clock = DeviceClock()
    steps = [clock.step(seq % 65536, time_us % 2**32, RATE, now) for seq, time_us, now in samples]
    return [(step.t, step.lost, step.restarted) for step in steps if step is not None]


def test_the_first_sample_is_at_zero_with_nothing_lost():
    assert first_steps((40_000, 3 * 10**9, 77.0)) == [(0.0, 0, False)]


def test_wraps_of_both_counters_are_no_loss():
    (_, step) = first_steps((65535, 2**32 - 4000, 5.0), (65536, 2**32 + 6000, 5.01))
    assert step == (pytest.approx(0.01, abs=1e-6), 0, False)


@pytest.mark.parametrize(
    ("numbers", "restarted"), [(398, True), (399, False), (599, False), (600, True)]
)
def test_a_sequence_number_may_differ_from_the_time_by_a_second(numbers, restarted):
    """5 s at 100 Hz: the rate of a board is good to some per cent, and a second is tolerated."""
    _, step = first_steps((0, 0, 0.0), (numbers, 4_990_000, 4.99))
    assert step[2] == restarted


@pytest.mark.parametrize(("numbers", "restarted"), [(56_000, False), (54_000, True)])
def test_in_a_long_gap_the_number_may_differ_by_a_tenth(numbers, restarted):
    """600 s: 60,000 numbers by the time."""
    _, step = first_steps((0, 0, 0.0), (numbers, 600 * 10**6, 600.0))
    assert step[2] == restarted


def test_the_loss_over_a_restart_is_estimated_by_the_clock_of_the_host():
    *_, step = first_steps((5000, 50_000_000, 50.0), (3, 30_000, 51.5))
    assert step == (pytest.approx(1.5), 149, True)


def test_a_restart_within_a_period_loses_nothing():
    *_, step = first_steps((5000, 50_000_000, 50.0), (3, 30_000, 50.0))
    assert step == (pytest.approx(0.01), 0, True)


def test_a_reported_restart_is_one_whatever_the_numbers_say():
    clock = DeviceClock()
    clock.step(5, 50_000, RATE, 1.0)
    clock.booted()
    step = clock.step(6, 60_000, RATE, 3.0)
    assert step is not None and (step.t, step.lost, step.restarted) == (2.0, 199, True)
    step = clock.step(7, 70_000, RATE, 3.01)
    assert step is not None and not step.restarted and step.lost == 0


def test_after_an_interruption_a_repeated_number_is_a_restart_once():
    clock = DeviceClock()
    clock.step(5, 50_000, RATE, 1.0)
    clock.interrupted()
    step = clock.step(5, 50_000, RATE, 1.5)
    assert step is not None and step.restarted and step.lost == 49
    assert clock.step(5, 50_000, RATE, 1.5) is None
