"""The views of a stroke: both trajectories, and each of them alone."""

from __future__ import annotations

import numpy as np

from edge.features.motion.inputs import network_inputs
from edge.features.motion.pose import IS_ANGLE, flipped
from edge.features.motion.views import VIEW_NAMES, views

RNG = np.random.default_rng(0)
TRAJECTORIES = RNG.normal(0, 1, (3, 64, 8)).astype(np.float32)
TRUST = np.array([[1.0, 0.15], [0.3, 1.0], [0.6, 0.5]])
TENSORS = network_inputs(TRAJECTORIES, TRUST)


def test_the_first_view_is_the_tensor():
    assert len(VIEW_NAMES) == len(list(views(TENSORS, TRUST)))
    assert next(views(TENSORS, TRUST)) is TENSORS


def test_a_trajectory_alone_has_its_full_size_however_it_is_trusted():
    _, angle, position = views(TENSORS, TRUST)
    np.testing.assert_allclose(angle, TRAJECTORIES * IS_ANGLE, rtol=1e-6)
    np.testing.assert_allclose(position, TRAJECTORIES * ~IS_ANGLE, rtol=1e-6)


def test_views_under_the_other_sign_are_the_views_of_the_other_sign():
    of_flipped = views(flipped(TENSORS), TRUST)
    for one, other in zip(views(TENSORS, TRUST), of_flipped, strict=True):
        np.testing.assert_array_equal(flipped(one), other)
