"""The simulated hand (`--mock`), beyond the contract of all sources."""

from __future__ import annotations

import numpy as np
import pytest

from edge.features.motion.stroke import StrokeFeatures
from edge.samples import MOTION
from edge.source.simulated.hand import SimulatedHand

REQUIREMENTS = StrokeFeatures.specification()["sensor"]


def play(**options) -> tuple[np.ndarray, np.ndarray, SimulatedHand]:
    source = SimulatedHand(REQUIREMENTS, speed=np.inf, **options)
    with source:
        chunks = list(source)
    return (
        np.concatenate([chunk.t for chunk in chunks]),
        np.concatenate([chunk.values for chunk in chunks]),
        source,
    )


def test_marks_name_the_digits_and_their_times():
    t, _, source = play(digits="314", seed=2)
    assert [mark.label for mark in source.marks] == ["3", "1", "4"]
    for earlier, later in zip(source.marks, list(source.marks)[1:], strict=False):
        assert earlier.start < earlier.end < later.start < t[-1]


def test_times_increase_and_the_rate_is_close_to_nominal():
    t, values, source = play(digits="0123456789012", seed=3)
    assert (np.diff(t) > 0).all()
    assert source.health.samples == len(t) == len(values)
    assert source.health.lost == 0
    assert source.health.rate == pytest.approx(1 / np.diff(t).mean(), rel=1e-6)
    assert source.health.rate == pytest.approx(100, rel=0.05)


def test_same_seed_gives_the_same_samples():
    first, second, other = (play(digits="7", seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first[:100], other[:100])


def test_other_motion_only_if_no_digits_are_given():
    t, _, source = play(digits="", seed=0, pastime=30.0)
    assert not source.marks
    assert t[-1] > 25


def test_random_digits_never_end():
    source = SimulatedHand(REQUIREMENTS, speed=np.inf)
    assert source.channels == MOTION
    with source:
        for chunk in source:
            if chunk.t[-1] > 100:
                break
    assert len(source.marks) > 10
