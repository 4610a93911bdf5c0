"""The `--mock` source: what it promises beyond the contract of all sources."""

from __future__ import annotations

import numpy as np
import pytest

from edge.features.motion.stroke import StrokeFeatures
from edge.samples import MOTION
from edge.source.simulated.hand import SimulatedHand

NEEDS = StrokeFeatures.specification()["sensor"]


def played(**options) -> tuple[np.ndarray, np.ndarray, SimulatedHand]:
    source = SimulatedHand(NEEDS, speed=np.inf, **options)
    with source:
        chunks = list(source)
    return (
        np.concatenate([chunk.t for chunk in chunks]),
        np.concatenate([chunk.values for chunk in chunks]),
        source,
    )


def test_it_draws_what_it_is_told_and_says_when():
    t, _, source = played(digits="314", seed=2)
    assert [mark.label for mark in source.marks] == ["3", "1", "4"]
    for earlier, later in zip(source.marks, list(source.marks)[1:], strict=False):
        assert earlier.start < earlier.end < later.start < t[-1]


def test_time_never_goes_back_and_the_rate_is_that_of_a_real_oscillator():
    t, values, source = played(digits="0123456789012", seed=3)
    assert (np.diff(t) > 0).all()
    assert source.health.samples == len(t) == len(values)
    assert source.health.lost == 0
    assert source.health.rate == pytest.approx(1 / np.diff(t).mean(), rel=1e-6)
    assert source.health.rate == pytest.approx(100, rel=0.05)


def test_a_seed_is_a_run():
    first, second, other = (played(digits="7", seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first[:100], other[:100])


def test_only_pastimes_if_no_digit_is_asked_for():
    t, _, source = played(digits="", seed=0, pastime=30.0)
    assert not source.marks
    assert t[-1] > 25


def test_without_an_end_it_goes_on():
    source = SimulatedHand(NEEDS, speed=np.inf)
    assert source.channels == MOTION
    with source:
        for chunk in source:
            if chunk.t[-1] > 100:
                break
    assert len(source.marks) > 10
