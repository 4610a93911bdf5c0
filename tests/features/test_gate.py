"""The motion gate: begins, ends, pre-roll, bias, bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.features.motion.gate import LONGEST, MARGIN, Gate, Span

RATE = 100.0
GRAVITY = (0.0, 0.0, 9.81)


def rows(turning: np.ndarray, start: float = 0.0, bias: float = 0.0) -> list[tuple[float, ...]]:
    """Samples of a sensor that only turns about its x axis, at these rates."""
    return [
        (start + k / RATE, *GRAVITY, float(w) + bias, bias, bias) for k, w in enumerate(turning)
    ]


def still(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE))


def swing(seconds: float, size: float = 3.0) -> np.ndarray:
    t = np.arange(0, seconds, 1 / RATE)
    return size * np.sin(np.pi * t / seconds) * np.sign(np.sin(6 * t) + 0.3)


def spans(samples: list[tuple[float, ...]], hang: float = 0.25) -> list[Span]:
    gate = Gate(hang)
    found = [gate.push(row) for row in samples]
    return [span for span in (*found, gate.finish()) if span is not None]


def test_one_movement_between_rests_is_one_stroke():
    (span,) = spans(rows(np.concatenate([still(1), swing(1.5), still(1)])))
    assert span.rows[0][0] == pytest.approx(1.0, abs=0.15)
    assert span.end == pytest.approx(2.5, abs=0.15)
    assert not span.too_long


def test_the_end_is_known_after_the_hang_and_not_later():
    (span,) = spans(rows(np.concatenate([still(1), swing(1.5), still(1)])), hang=0.25)
    assert span.decided - span.end == pytest.approx(0.25, abs=1.5 / RATE)


def test_the_beginning_is_kept_although_the_gate_opens_later():
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


def test_a_short_pause_does_not_split_and_a_long_one_does():
    short = rows(np.concatenate([still(1), swing(0.8), still(0.12), swing(0.8), still(1)]))
    long = rows(np.concatenate([still(1), swing(0.8), still(0.8), swing(0.8), still(1)]))
    assert len(spans(short)) == 1
    assert len(spans(long)) == 2


@pytest.mark.parametrize("movement", [swing(0.03), swing(1.5, size=0.3), still(2)])
def test_twitches_and_faint_moves_are_no_strokes(movement):
    assert spans(rows(np.concatenate([still(1), movement, still(1)]))) == []


def test_a_biased_gyroscope_is_learnt_at_rest_and_taken_out():
    samples = rows(np.concatenate([still(4), swing(1.5), still(1)]), bias=0.2)
    (span,) = spans(samples)
    assert (
        np.abs(np.array(span.rows)[:, 5:]).max() < 0.03
    )  # of the 0.2 on the axes that do not turn


def test_endless_motion_is_bounded_and_said():
    gate = Gate(0.25)
    endless = rows(np.concatenate([still(1), swing(60.0), still(1)]))
    found = [span for row in endless if (span := gate.push(row)) is not None]
    assert [span.too_long for span in found] == [True]
    assert len(found[0].rows) <= (LONGEST + 1) * RATE


def test_missing_samples_tear_the_stroke():
    before = rows(np.concatenate([still(1), swing(1.0)]))
    after = rows(np.concatenate([swing(1.0), still(1)]), start=before[-1][0] + 1.0)
    assert len(spans(before + after)) == 2


def test_a_shaky_hand_rests_too():
    rng = np.random.default_rng(0)
    shake = 0.33 * np.sign(np.sin(2 * np.pi * 9 * np.arange(2 * RATE) / RATE + rng.uniform()))
    movement = np.concatenate([shake, swing(1.5), shake])
    (span,) = spans(rows(movement))
    assert span.end == pytest.approx(3.5, abs=0.2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_comes_memory_is_bounded_and_strokes_are_in_order(seed):
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.choice([0.01, 0.01, 0.01, 0.02, 0.3], 1500, p=[0.6, 0.2, 0.1, 0.09, 0.01]))
    loud = np.repeat(rng.choice([0.0, 0.1, 1.0, 8.0], 50), 30)
    values = rng.normal(0, 1, (1500, 6)) * loud[:, None]
    gate = Gate(0.25)
    ends = []
    for row in np.column_stack([t, values]).tolist():
        span = gate.push(row)
        if span is not None:
            ends.append(span.end)
            assert span.rows[-1][0] - span.rows[0][0] <= LONGEST + 1
        assert gate.rows[-1][0] - gate.rows[0][0] <= LONGEST + 1
    assert ends == sorted(ends)
