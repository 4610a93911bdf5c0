"""The motion gate: beginning and end of strokes, pre-roll, bias of the gyroscope, limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.features.motion.gate import LONGEST, MARGIN, Gate, Span

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
    gate = Gate(hang_s)
    found = [gate.push(row) for row in samples]
    return [span for span in (*found, gate.finish()) if span is not None]


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
        span = gate.push(row)
        started += [gate.started] if gate.started is not None else []
        if span is not None:
            break
    assert span is not None
    assert started[0] > 1.15  # where the ramp passes BEGIN
    assert span.rows[0][0] < 1.15 - MARGIN


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
    found = [span for row in endless if (span := gate.push(row)) is not None]
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
        span = gate.push(row)
        if span is not None:
            ends.append(span.end)
            assert span.rows[-1][0] - span.rows[0][0] <= LONGEST + 1
        assert gate.rows[-1][0] - gate.rows[0][0] <= LONGEST + 1
    assert ends == sorted(ends)
