"""The figures, and the intervals that a comparison stands on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bench.results.statistics import (
    CONFIDENCE,
    ENOUGH,
    block_medians,
    median,
    ratio_interval,
    summary,
    thinned,
)

TIMES = st.lists(st.floats(0.5, 1e5), min_size=1, max_size=300).map(np.array)
BLOCKS = st.lists(st.lists(st.floats(1, 100), min_size=1, max_size=40), min_size=1, max_size=4)


@given(TIMES)
def test_a_summary_is_in_order_and_within_the_values(values):
    found = summary(values)
    points = [found[name] for name in ("p5", "p50", "p95", "p99")]
    assert points == sorted(points)
    assert values.min() <= points[0] and points[-1] <= values.max()
    assert found["p50"] == pytest.approx(np.median(values))
    assert found["deviation"] >= 0


@given(TIMES, st.integers(1, 60))
def test_blocks_cover_all_runs_in_their_order(values, blocks):
    found = block_medians(values, blocks)
    assert len(found) == min(blocks, len(values))
    assert values.min() <= min(found) and max(found) <= values.max()
    if len(values) <= blocks:
        assert found == values.tolist()


@given(st.integers(1, 30000), st.integers(2, 5000))
def test_thinning_keeps_both_ends_and_no_more_than_asked(count, most):
    found = thinned(np.arange(count), most)
    assert len(found) == min(count, most)
    assert (found[0], found[-1]) == (0, count - 1)
    assert (np.diff(found) > 0).all()


@settings(max_examples=40, deadline=None)
@given(BLOCKS, st.floats(0.1, 10))
def test_the_interval_holds_the_ratio_and_scales_with_it(blocks, factor):
    scaled = [[value * factor for value in part] for part in blocks]
    ratio, low, high = ratio_interval(blocks, scaled)
    assert low <= ratio <= high
    assert ratio == pytest.approx(factor)
    one = ratio_interval(blocks, blocks)
    assert (ratio, low, high) == pytest.approx([part * factor for part in one])


@settings(max_examples=40, deadline=None)
@given(BLOCKS)
def test_a_record_never_differs_from_itself(blocks):
    _, low, high = ratio_interval(blocks, blocks)
    assert low <= 1 <= high


@settings(max_examples=40, deadline=None)
@given(BLOCKS, BLOCKS)
def test_the_same_records_give_the_same_interval(a, b):
    assert ratio_interval(a, b) == ratio_interval(a, b)
    assert median(a) == pytest.approx(np.median([np.median(part) for part in a]))


def noise(rng, middle: float, processes: int = ENOUGH) -> list[list[float]]:
    """Processes that each have an offset of their own, and disturbed blocks."""
    made = []
    for _ in range(processes):
        own = middle * (1 + rng.normal(0, 0.02))
        made.append((own * (1 + np.abs(rng.normal(0, 0.03, 40)))).tolist())
    return made


def test_noise_alone_is_seldom_taken_for_a_difference():
    rng = np.random.default_rng(5)
    told = 0
    for _ in range(200):
        _, low, high = ratio_interval(noise(rng, 10), noise(rng, 10))
        told += low > 1 or high < 1
    assert told <= 2 * 200 * (1 - CONFIDENCE)


def test_a_difference_beyond_the_noise_is_found():
    rng = np.random.default_rng(6)
    found = 0
    for _ in range(50):
        _, low, _ = ratio_interval(noise(rng, 10), noise(rng, 11.5))
        found += low > 1
    assert found >= 48
