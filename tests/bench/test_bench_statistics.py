"""Percentiles, block medians, and the confidence interval of a ratio."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bench.statistics import (
    CONFIDENCE,
    MIN_PROCESSES,
    block_medians,
    median,
    ratio_interval,
    summary,
    thin_out,
)

TIMES = st.lists(st.floats(0.5, 1e5), min_size=1, max_size=300).map(np.array)
BLOCKS = st.lists(st.lists(st.floats(1, 100), min_size=1, max_size=40), min_size=1, max_size=4)


@given(TIMES)
def test_summary_percentiles_are_sorted_and_within_the_values(values):
    found = summary(values)
    points = [found[name] for name in ("p5", "p50", "p95", "p99")]
    assert points == sorted(points)
    assert values.min() <= points[0] and points[-1] <= values.max()
    assert found["p50"] == pytest.approx(np.median(values))
    assert found["deviation"] >= 0


@given(TIMES, st.integers(1, 60))
def test_block_medians_cover_all_runs_in_order(values, blocks):
    found = block_medians(values, blocks)
    assert len(found) == min(blocks, len(values))
    assert values.min() <= min(found) and max(found) <= values.max()
    if len(values) <= blocks:
        assert found == values.tolist()


@given(st.integers(1, 30000), st.integers(2, 5000))
def test_thin_out_keeps_both_ends_and_at_most_max_count(count, max_count):
    found = thin_out(np.arange(count), max_count)
    assert len(found) == min(count, max_count)
    assert (found[0], found[-1]) == (0, count - 1)
    assert (np.diff(found) > 0).all()


@settings(max_examples=40, deadline=None)
@given(BLOCKS, st.floats(0.1, 10))
def test_ratio_interval_contains_the_ratio_and_scales_with_it(blocks, factor):
    scaled = [[value * factor for value in part] for part in blocks]
    ratio, low, high = ratio_interval(blocks, scaled)
    assert low <= ratio <= high
    assert ratio == pytest.approx(factor)
    unscaled = ratio_interval(blocks, blocks)
    assert (ratio, low, high) == pytest.approx([value * factor for value in unscaled])


@settings(max_examples=40, deadline=None)
@given(BLOCKS)
def test_ratio_interval_of_a_record_with_itself_contains_1(blocks):
    _, low, high = ratio_interval(blocks, blocks)
    assert low <= 1 <= high


@settings(max_examples=40, deadline=None)
@given(BLOCKS, BLOCKS)
def test_ratio_interval_is_reproducible(a, b):
    assert ratio_interval(a, b) == ratio_interval(a, b)
    assert median(a) == pytest.approx(np.median([np.median(part) for part in a]))


def noisy_processes(rng, median: float) -> list[list[float]]:
    """Block medians of processes that each have their own offset and disturbances."""
    processes = []
    for _ in range(MIN_PROCESSES):
        offset = median * (1 + rng.normal(0, 0.02))
        processes.append((offset * (1 + np.abs(rng.normal(0, 0.03, 40)))).tolist())
    return processes


def test_noise_is_rarely_reported_as_a_difference():
    rng = np.random.default_rng(5)
    reported = 0
    for _ in range(200):
        _, low, high = ratio_interval(noisy_processes(rng, 10), noisy_processes(rng, 10))
        reported += low > 1 or high < 1
    assert reported <= 2 * 200 * (1 - CONFIDENCE)


def test_difference_beyond_the_noise_is_found():
    rng = np.random.default_rng(6)
    found = 0
    for _ in range(50):
        _, low, _ = ratio_interval(noisy_processes(rng, 10), noisy_processes(rng, 11.5))
        found += low > 1
    assert found >= 48
