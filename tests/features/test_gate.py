"""The motion gate: beginning and end of strokes, pre-roll, bias of the gyroscope, limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.features.motion.gate import MARGIN, Gate
from edge.features.motion.pieces import LONGEST
from edge.features.motion.span import Span

RATE = 100.0
GRAVITY = (0.0, 0.0, 9.81)


def rows(turn_rate: np.ndarray, start: float = 0.0, bias: float = 0.0) -> list[tuple[float, ...]]:
    """Samples of a sensor that only turns about its x axis, at these rates in rad/s."""
    return [
        (start + k / RATE, *GRAVITY, float(w) + bias, bias, bias) for k, w in enumerate(turn_rate)
    ]


def still(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE))


def swing(seconds: float, size: float = 3.0) -> np.ndarray:
    t = np.arange(0, seconds, 1 / RATE)
    return size * np.sin(np.pi * t / seconds) * np.sign(np.sin(6 * t) + 0.3)


def spans(samples: list[tuple[float, ...]], hang_s: float = 0.25) -> list[Span]:
    """The single movements; joins are tested in the last tests."""
    return [span for span in all_spans(samples, hang_s) if span.joined == 1]


def all_spans(samples: list[tuple[float, ...]], hang_s: float = 0.25) -> list[Span]:
    gate = Gate(hang_s)
    return [span for row in samples for span in gate.push(row)] + gate.finish()


def test_one_movement_between_rests_is_one_stroke():
    (span,) = spans(rows(np.concatenate([still(1), swing(1.5), still(1)])))
    assert span.rows[0][0] == pytest.approx(1.0, abs=0.15)
    assert span.end == pytest.approx(2.5, abs=0.15)
    assert not span.too_long


def test_the_end_is_known_after_the_hang_time():
    (span,) = spans(rows(np.concatenate([still(1), swing(1.5), still(1)])), hang_s=0.25)
    assert span.decided - span.end == pytest.approx(0.25, abs=1.5 / RATE)


def test_the_beginning_before_the_threshold_belongs_to_the_stroke():
    movement = np.concatenate([still(1), np.linspace(0, 1, 30), np.ones(100), still(1)])
    gate = Gate(0.25)
    started = []
    for row in rows(movement):
        found = gate.push(row)
        started += [gate.started] if gate.started is not None else []
        if found:
            break
    (span,) = found
    assert started[0] > 1.12  # where the ramp passes BEGIN
    assert span.start < 1.12 - MARGIN / 2


def test_a_long_pause_splits_a_stroke_and_a_short_one_does_not():
    short = rows(np.concatenate([still(1), swing(0.8), still(0.12), swing(0.8), still(1)]))
    long = rows(np.concatenate([still(1), swing(0.8), still(0.8), swing(0.8), still(1)]))
    assert len(spans(short)) == 1
    assert len(spans(long)) == 2


@pytest.mark.parametrize("movement", [swing(0.03), swing(1.5, size=0.3), still(2)])
def test_short_and_faint_movements_are_no_strokes(movement):
    assert spans(rows(np.concatenate([still(1), movement, still(1)]))) == []


def test_the_bias_of_the_gyroscope_is_estimated_at_rest_and_removed():
    samples = rows(np.concatenate([still(4), swing(1.5), still(1)]), bias=0.2)
    (span,) = spans(samples)
    assert (
        np.abs(np.array(span.rows)[:, 5:]).max() < 0.03
    )  # of a bias of 0.2, on the axes without rotation


def test_endless_motion_is_one_span_that_is_too_long_and_limited():
    gate = Gate(0.25)
    endless = rows(np.concatenate([still(1), swing(60.0), still(1)]))
    found = [span for row in endless for span in gate.push(row)]
    assert [span.too_long for span in found] == [True]
    assert len(found[0].rows) <= (LONGEST + 1) * RATE


def test_missing_samples_split_a_stroke():
    before = rows(np.concatenate([still(1), swing(1.0)]))
    after = rows(np.concatenate([swing(1.0), still(1)]), start=before[-1][0] + 1.0)
    assert len(spans(before + after)) == 2


def test_a_trembling_hand_ends_its_stroke_too():
    rng = np.random.default_rng(0)
    tremor = 0.33 * np.sign(np.sin(2 * np.pi * 9 * np.arange(2 * RATE) / RATE + rng.uniform()))
    movement = np.concatenate([tremor, swing(1.5), tremor])
    (span,) = spans(rows(movement))
    assert span.end == pytest.approx(3.5, abs=0.2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_for_any_samples_memory_is_limited_and_strokes_are_in_order(seed):
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.choice([0.01, 0.01, 0.01, 0.02, 0.3], 1500, p=[0.6, 0.2, 0.1, 0.09, 0.01]))
    size = np.repeat(rng.choice([0.0, 0.1, 1.0, 8.0], 50), 30)
    values = rng.normal(0, 1, (1500, 6)) * size[:, None]
    gate = Gate(0.25)
    ends = []
    for row in np.column_stack([t, values]).tolist():
        for span in gate.push(row):
            ends.append(span.end)
            assert span.rows[-1][0] - span.rows[0][0] <= LONGEST + 0.1
        assert gate.rows[-1][0] - gate.rows[0][0] <= LONGEST + 1
    assert ends == sorted(ends)


def with_buzzing(
    samples: list[tuple[float, ...]], times: tuple[float, float], size: float
) -> list[tuple[float, ...]]:
    """The samples with the vibration motor of a watch between these times: acceleration that
    alternates from sample to sample, with almost no rotation."""
    rng = np.random.default_rng(0)
    start, end = times
    buzzing = []
    for k, (t, *values) in enumerate(samples):
        if start <= t < end:
            sign = 1 if k % 2 else -1
            values[:3] = [value + sign * size for value in values[:3]]
            values[3:] = [value + rng.normal(0, 0.03) for value in values[3:]]
        buzzing.append((t, *values))
    return buzzing


@pytest.mark.parametrize("size", [4.0, 8.0])
def test_vibration_is_no_stroke(size):
    samples = rows(np.concatenate([still(1), swing(1.5), still(1)]))
    buzzing = with_buzzing(with_buzzing(samples, (0.2, 0.7), size), (2.8, 3.3), size)
    assert spans(with_buzzing(rows(still(3)), (1.0, 2.0), size)) == []
    (expected,), (span,) = spans(samples), spans(buzzing)
    assert span.start == pytest.approx(expected.start, abs=0.03)
    assert span.rows[-1][0] == pytest.approx(expected.rows[-1][0], abs=0.03)


def test_acceleration_without_rotation_is_no_stroke():
    t = np.arange(0, 3, 1 / RATE)
    pushed = 3 * np.sin(2 * np.pi * t)
    assert spans([(at, a, 0.0, 9.81, 0.0, 0.0, 0.0) for at, a in zip(t, pushed, strict=True)]) == []


def test_acceleration_alone_is_a_stroke_of_a_sensor_without_gyroscope():
    t = np.arange(0, 3, 1 / RATE)
    pushed = np.where((t > 1) & (t < 2), 5 * np.sin(2 * np.pi * t), 0)
    gate = Gate(0.25, has_gyro=False)
    samples = [(at, a, 0.0, 9.81, 0.0, 0.0, 0.0) for at, a in zip(t, pushed, strict=True)]
    assert len([span for row in samples for span in gate.push(row)]) == 1


def test_slow_motion_at_both_ends_is_trimmed():
    slow = np.full(60, 0.5)  # more than BEGIN, less than FAINT
    (span,) = spans(rows(np.concatenate([slow, np.full(100, 7.0), slow, still(1)])))
    assert span.start == pytest.approx(0.6, abs=0.15)
    assert span.rows[-1][0] == pytest.approx(1.6, abs=0.25)


def test_a_stroke_that_begins_and_ends_in_motion_is_found():
    (span,) = spans(rows(swing(1.5)))
    assert span.start < 0.1 and span.rows[-1][0] > 1.3 and not span.torn


def test_lost_samples_tear_the_strokes_before_and_after_them():
    before = rows(np.concatenate([still(1), np.full(80, 3.0)]))
    after = rows(np.concatenate([np.full(80, 3.0), still(1)]), start=before[-1][0] + 0.5)
    assert [span.torn for span in spans(before + after)] == [True, True]


def test_a_stroke_well_after_lost_samples_is_complete():
    before = rows(still(1))
    after = rows(np.concatenate([still(1), swing(1.5), still(1)]), start=before[-1][0] + 0.5)
    assert [span.torn for span in spans(before + after)] == [False]


def test_a_pause_gives_the_second_movement_alone_and_joined_to_the_first():
    samples = rows(np.concatenate([still(1), swing(0.8), still(0.45), swing(0.8), still(1)]))
    first, alone, joined = all_spans(samples)
    assert (first.joined, alone.joined, joined.joined) == (1, 1, 2)
    assert joined.start == first.start and joined.end == alone.end
    assert joined.decided == alone.decided
    assert joined.longest_rest == pytest.approx(alone.start - first.rows[-1][0], abs=0.02)


def test_the_answer_to_a_movement_does_not_wait_for_the_next():
    samples = rows(np.concatenate([still(1), swing(0.8), still(0.45), swing(0.8), still(1)]))
    assert [span.decided - span.end < 0.27 for span in all_spans(samples)] == [True] * 3


def test_movements_far_apart_are_not_joined():
    samples = rows(np.concatenate([still(1), swing(0.8), still(1.2), swing(0.8), still(1)]))
    assert [span.joined for span in all_spans(samples)] == [1, 1]


def test_at_most_three_movements_are_joined():
    parts = [still(1), *([swing(0.5), still(0.45)] * 5), still(1)]
    found = all_spans(rows(np.concatenate(parts)))
    assert max(span.joined for span in found) == 3


def test_no_join_is_longer_than_a_stroke():
    parts = [still(1), swing(3.5), still(0.45), swing(3.5), still(1)]
    assert [span.joined for span in all_spans(rows(np.concatenate(parts)))] == [1, 1]
