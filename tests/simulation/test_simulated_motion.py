"""The simulated hand obeys physics: gravity at rest, rates that integrate to the turn, no jumps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.samples import DEGREE, STANDARD_GRAVITY
from edge.simulation.motion import other_motion
from edge.simulation.motion.hand import LONGEST, STEP, Hand, minimum_jerk
from edge.simulation.motion.imu import Imu, _rotations, ideal_signal
from edge.simulation.motion.person import Person
from edge.simulation.motion.shapes import FORMS, polyline
from edge.simulation.motion.stream import Sensor, draw_digits, other_motions


@pytest.mark.parametrize("digit", FORMS)
def test_every_form_has_height_one_and_no_jumps(digit):
    for weight, form in FORMS[digit]:
        line = polyline(form)
        assert weight > 0
        assert 0.85 < np.ptp(line[:, 1]) < 1.25
        assert np.linalg.norm(np.diff(line, axis=0), axis=1).max() < 0.02


def test_minimum_jerk_starts_and_stops_at_rest():
    u = np.linspace(0, 1, 1001)
    speed = np.gradient(minimum_jerk(u), u)
    assert minimum_jerk(u)[[0, -1]].tolist() == [0, 1]
    assert speed[0] == pytest.approx(0, abs=1e-2) and speed[-1] == pytest.approx(0, abs=1e-2)
    assert speed.argmax() == 500


def test_a_resting_sensor_measures_gravity_and_little_rotation():
    person = Person(3)
    signal = person.sense(person.rest(2.0))
    assert np.linalg.norm(signal[:, :3], axis=1).mean() == pytest.approx(STANDARD_GRAVITY, rel=0.01)
    assert np.abs(signal[:, 3:]).max() < 0.4


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_signals_integrate_to_the_final_orientation_and_position(seed):
    rng = np.random.default_rng(seed)
    u = minimum_jerk(np.linspace(0, 1, 400))[:, None]
    poses = u * np.array([*rng.uniform(-0.5, 0.5, 3), *rng.uniform(-1.0, 1.0, 3)])
    signal = ideal_signal(poses, np.eye(3))
    orientation = np.eye(3)
    velocity = position = np.zeros(3)
    for force, rate in zip(signal[:, :3], signal[:, 3:], strict=True):
        acceleration = orientation @ force - [0, 0, STANDARD_GRAVITY]
        velocity = velocity + acceleration * STEP
        position = position + velocity * STEP
        x, y, z = rate * STEP
        step = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        orientation = orientation @ (np.eye(3) + step + step @ step / 2)
    assert np.allclose(orientation, _rotations(poses[-1:, 3:])[0], atol=0.02)
    assert np.allclose(position, poses[-1, :3], atol=0.05)


def test_equal_seeds_give_equal_people_and_others_differ():
    def draw(seed: int) -> np.ndarray:
        person = Person(seed)
        return person.sense(person.draw("8"))

    assert np.array_equal(draw(5), draw(5))
    assert draw(5).shape != draw(6).shape or not np.allclose(draw(5), draw(6))


def test_people_differ_in_size_speed_and_forms():
    hands = [Hand(seed) for seed in range(60)]
    heights = [hand.height for hand in hands]
    assert max(heights) > 3 * min(heights)
    assert len({str(hand.forms["4"][0]) for hand in hands}) >= 4
    for hand in hands[:10]:
        for digit in FORMS:
            assert len(hand.draw(digit)) * STEP < LONGEST + 1


def test_consecutive_scenes_join_without_a_jump():
    person = Person(11)
    scenes = [*draw_digits(person, "0123456789"), *other_motions(person, 20.0)]
    turn_rate = np.concatenate([scene.signal for scene in scenes])[:, 3:]
    joints = np.cumsum([len(scene.signal) for scene in scenes])[:-1]
    jumps = np.abs(np.diff(turn_rate, axis=0)).max(axis=1)
    assert jumps[joints - 1].max() < 0.1


def test_marks_are_where_the_hand_moves():
    person = Person(4)
    sensor = Sensor(Imu(np.random.default_rng(0)))
    for scene in draw_digits(person, "27"):
        t, values, (mark,) = sensor.read(scene)
        inside = (t > mark.start + 0.1) & (t < mark.end - 0.1)
        turn_rate = np.linalg.norm(values[:, 3:], axis=1)
        assert np.median(turn_rate[inside]) > 3 * np.median(turn_rate[t < mark.start - 0.2])


def test_readings_have_the_scale_noise_rate_and_range_of_the_sensor():
    rng = np.random.default_rng(1)
    imu = Imu(rng, 100.0, 4, 500)
    still = np.tile([0.0, 0.0, STANDARD_GRAVITY, 0.0, 0.0, 0.0], (5000, 1))
    readings = imu.read(still)
    assert np.allclose(readings.mean(axis=0), still[0], atol=1.0)
    assert 0.01 < readings[:, 0].std() < 0.1
    counts = readings[:, 3] / (500 * DEGREE / 32768)
    assert np.allclose(counts, np.round(counts), atol=0.02)
    assert imu.rate == pytest.approx(100.0, rel=0.05)
    beyond = imu.read(np.full((10, 6), 1000.0))
    assert imu.clipped(beyond).all() and not imu.clipped(readings).any()
    assert np.allclose(beyond[0, 3:], 500 * DEGREE, rtol=1e-3)


@pytest.mark.parametrize(
    "motion",
    [
        lambda person: other_motion.idle(person, 5.0),
        lambda person: other_motion.walk(person, 5.0),
        lambda person: other_motion.fidget(person, 2.0),
        other_motion.scribble,
        other_motion.put_down_and_pick_up,
    ],
)
def test_other_motions_stay_in_the_range_of_a_human_hand(motion):
    signal = motion(Person(9))
    assert signal.ndim == 2 and signal.shape[1] == 6 and len(signal) > 40
    assert np.isfinite(signal).all()
    assert np.abs(signal[:, :3]).max() < 200 and np.abs(signal[:, 3:]).max() < 60
