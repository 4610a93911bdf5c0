"""Trajectories under both signs of the lateral axis, on walls and tables, and their trust."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.features.motion.binning import INTEGRATION_BINS
from edge.features.motion.inputs import StrokeInputs, network_inputs, stroke_inputs
from edge.features.motion.pose import (
    ANGLE,
    ANGULAR_VELOCITY,
    POSITION,
    VELOCITY,
    Poses,
    flipped,
    poses,
)
from edge.samples import STANDARD_GRAVITY
from edge.simulation.motion.imu import random_mounting

SECONDS = 1.5
DURATION = np.array([SECONDS])
NOT_CLIPPED = np.zeros((1, 2))


def path_of_a_digit() -> np.ndarray:
    """(n, 2) right and up, in m: a shape like a 2, from rest to rest."""
    u = np.linspace(0, 1, INTEGRATION_BINS)
    s = 6 * u**5 - 15 * u**4 + 10 * u**3
    angle = np.pi * (1 - 1.4 * np.minimum(s / 0.6, 1))
    x, y = 0.1 * np.cos(angle), 0.1 * np.sin(angle)
    y -= 0.25 * np.clip((s - 0.4) / 0.4, 0, 1)
    x += 0.15 * np.clip((s - 0.8) / 0.2, 0, 1)
    return np.stack([x, y], axis=1)


def drawn(tilt_per_m: float = 3.0, plane: float = 0.0) -> np.ndarray:
    """(1, bins, 6) what a sensor measures that follows the path, turns right by 3 rad/m and tilts
    up by `tilt_per_m`; the plane of writing leans away by `plane` radians (pi / 2: a table)."""
    right, up = path_of_a_digit().T
    step = SECONDS / INTEGRATION_BINS
    position = np.stack([right, up * np.sin(plane), up * np.cos(plane)], axis=1)
    acceleration = np.gradient(np.gradient(position, axis=0), axis=0) / step**2
    acceleration[:, 2] += STANDARD_GRAVITY
    yaw, pitch = -3.0 * right, tilt_per_m * up
    motion = np.empty((INTEGRATION_BINS, 6))
    for k in range(INTEGRATION_BINS):
        rotation = _about_z(yaw[k]) @ _about_x(pitch[k])
        motion[k, :3] = rotation.T @ acceleration[k]
        ahead = _about_z(yaw[min(k + 1, len(yaw) - 1)]) @ _about_x(pitch[min(k + 1, len(yaw) - 1)])
        behind = _about_z(yaw[max(k - 1, 0)]) @ _about_x(pitch[max(k - 1, 0)])
        change = behind.T @ ahead / (2 * step)
        motion[k, 3:] = (
            (change[2, 1] - change[1, 2]) / 2,
            (change[0, 2] - change[2, 0]) / 2,
            (change[1, 0] - change[0, 1]) / 2,
        )
    return motion[None]


def _about_x(a: float) -> np.ndarray:
    c, s = np.cos(a), np.sin(a)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_z(a: float) -> np.ndarray:
    c, s = np.cos(a), np.sin(a)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def likeness(trajectory: np.ndarray) -> float:
    """Correlation of a trajectory with the path."""
    path = path_of_a_digit()
    path = path - path.mean(axis=0)
    return float((trajectory * path).sum() / np.sqrt((trajectory**2).sum() * (path**2).sum()))


def pose_of(motion: np.ndarray) -> Poses:
    return poses(motion, DURATION)


def inputs_of(motion: np.ndarray) -> StrokeInputs:
    return stroke_inputs(motion, DURATION, NOT_CLIPPED)


def test_on_a_wall_angle_and_position_show_the_path_under_the_first_sign():
    found = pose_of(drawn())
    assert likeness(found.trajectories[0, :, ANGLE]) > 0.9
    assert likeness(found.trajectories[0, :, POSITION]) > 0.8
    assert found.agreement.sum() > 2


def test_a_hand_that_tilts_down_while_it_moves_up_has_its_angle_upside_down():
    found = pose_of(drawn(tilt_per_m=-3.0))
    signs = (found.trajectories, flipped(found.trajectories))
    angles = [likeness(tensor[0, :, ANGLE] * (1, -1)) for tensor in signs]
    positions = [likeness(tensor[0, :, POSITION]) for tensor in signs]
    # Where the angle is the path upside down, the position is the path.
    right = int(np.argmax(angles))
    assert angles[right] > 0.9 and positions[right] > 0.8


def test_on_a_table_the_angle_is_missing_upwards_but_the_position_is_level():
    """Written on a table, nothing moves along the vertical: only the angle shows the path."""
    found = pose_of(drawn(plane=np.pi / 2))
    signs = (found.trajectories, flipped(found.trajectories))
    assert max(likeness(tensor[0, :, ANGLE]) for tensor in signs) > 0.85


def test_a_slanted_plane_works_like_a_wall():
    found = pose_of(drawn(plane=np.pi / 4))
    assert likeness(found.trajectories[0, :, ANGLE]) > 0.9
    assert likeness(found.trajectories[0, :, POSITION]) > 0.85


@settings(max_examples=25, deadline=None)
@given(mounting=st.integers(0, 10_000), plane=st.floats(0, 1.2))
def test_nothing_depends_on_the_mounting_but_the_lateral_axis_turns_with_it(mounting, plane):
    rotation = random_mounting(np.random.default_rng(mounting))
    motion = drawn(plane=plane)
    other = np.concatenate([motion[..., :3] @ rotation, motion[..., 3:] @ rotation], axis=2)
    a, b = pose_of(motion), pose_of(other)
    np.testing.assert_allclose(a.trajectories, b.trajectories, atol=1e-6)
    np.testing.assert_allclose(a.agreement, b.agreement, atol=1e-6)
    np.testing.assert_allclose(a.lateral @ rotation, b.lateral, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(0.0, 20.0), duration=st.floats(0.25, 6.0))
def test_any_motion_gives_finite_values_within_their_limits(seed, size, duration):
    rng = np.random.default_rng(seed)
    motion = rng.normal(0, size, (3, INTEGRATION_BINS, 6))
    clipped = rng.uniform(0, 1, (3, 2))
    found = stroke_inputs(motion, np.full(3, duration), clipped)
    assert np.isfinite(found.tensors).all() and np.isfinite(found.lateral).all()
    assert (found.trust >= 0.15).all() and (found.trust <= 1).all()
    assert (found.agreement >= 0).all() and (found.agreement <= 3 + 1e-9).all()


def test_the_other_sign_of_the_other_sign_is_the_first():
    tensor = inputs_of(drawn()).tensors
    assert np.array_equal(flipped(flipped(tensor)), tensor)
    assert np.array_equal(flipped(tensor)[..., 0], tensor[..., 0])
    assert np.array_equal(flipped(tensor)[..., 1], -tensor[..., 1])


def test_a_trajectory_that_cannot_be_trusted_reaches_the_network_small():
    made = inputs_of(drawn())
    tensor = network_inputs(made.trajectories, np.array([[1.0, 0.2]]))
    for part, share in ((ANGLE, 1), (ANGULAR_VELOCITY, 1), (POSITION, 0.2), (VELOCITY, 0.2)):
        np.testing.assert_allclose(
            tensor[..., part], share * made.trajectories[..., part], rtol=1e-6
        )


def test_position_from_a_disturbed_accelerometer_is_trusted_less():
    steady, motion = inputs_of(drawn()), drawn()
    noise = np.random.default_rng(0).normal(0, 4, (1, INTEGRATION_BINS // 16, 3))
    motion[..., :3] = np.repeat(noise, 16, axis=1) + (0, 0, STANDARD_GRAVITY)
    disturbed = inputs_of(motion)
    assert disturbed.trust[0, 1] < steady.trust[0, 1] - 0.2


def test_very_wide_and_very_narrow_paths_are_brought_nearer_to_each_other():
    for scale in ((4.0, 1.0), (1.0, 6.0)):
        motion = drawn()
        tensor = pose_of(motion).trajectories[0, :, ANGLE]
        assert 0.3 < tensor[:, 0].std() / tensor[:, 1].std() < 1.5, scale
