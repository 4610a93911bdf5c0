"""The simulated hand is physics: gravity at rest, gyro that integrates to the turn, no jumps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.samples import DEGREE, STANDARD_GRAVITY
from edge.simulation.motion import other_motion
from edge.simulation.motion.hand import LONGEST, STEP, Hand, minimum_jerk
from edge.simulation.motion.imu import Imu, _rotations, felt
from edge.simulation.motion.person import Person
from edge.simulation.motion.shapes import FORMS, polyline
from edge.simulation.motion.stream import Sensor, draw_digits, pass_time


@pytest.mark.parametrize("digit", FORMS)
def test_every_form_is_one_high_and_drawn_without_jumps(digit):
    for weight, form in FORMS[digit]:
        line = polyline(form)
        assert weight > 0
        assert 0.85 < np.ptp(line[:, 1]) < 1.25
        assert np.linalg.norm(np.diff(line, axis=0), axis=1).max() < 0.02


def test_limbs_start_and_stop_at_rest():
    u = np.linspace(0, 1, 1001)
    speed = np.gradient(minimum_jerk(u), u)
    assert minimum_jerk(u)[[0, -1]].tolist() == [0, 1]
    assert speed[0] == pytest.approx(0, abs=1e-2) and speed[-1] == pytest.approx(0, abs=1e-2)
    assert speed.argmax() == 500


def test_at_rest_a_sensor_feels_one_g_up_and_hardly_turns():
    person = Person(3)
    truth = person.feel(person.rest(2.0))
    assert np.linalg.norm(truth[:, :3], axis=1).mean() == pytest.approx(STANDARD_GRAVITY, rel=0.01)
    assert np.abs(truth[:, 3:]).max() < 0.4


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_the_gyroscope_integrates_to_the_turn_and_the_accelerometer_to_the_way(seed):
    rng = np.random.default_rng(seed)
    u = minimum_jerk(np.linspace(0, 1, 400))[:, None]
    posture = u * np.array([*rng.uniform(-0.5, 0.5, 3), *rng.uniform(-1.0, 1.0, 3)])
    truth = felt(posture, np.eye(3))
    turned = np.eye(3)
    velocity = way = np.zeros(3)
    for force, rate in zip(truth[:, :3], truth[:, 3:], strict=True):
        acceleration = turned @ force - [0, 0, STANDARD_GRAVITY]
        velocity = velocity + acceleration * STEP
        way = way + velocity * STEP
        x, y, z = rate * STEP
        step = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turned = turned @ (np.eye(3) + step + step @ step / 2)
    assert np.allclose(turned, _rotations(posture[-1:, 3:])[0], atol=0.02)
    assert np.allclose(way, posture[-1, :3], atol=0.05)


def test_the_same_seed_is_the_same_person_and_another_is_not():
    def take(seed: int) -> np.ndarray:
        person = Person(seed)
        return person.feel(person.draw("8"))

    assert np.array_equal(take(5), take(5))
    assert take(5).shape != take(6).shape or not np.allclose(take(5), take(6))


def test_people_differ_in_size_speed_and_forms():
    hands = [Hand(seed) for seed in range(60)]
    heights = [hand.height for hand in hands]
    assert max(heights) > 3 * min(heights)
    assert len({str(hand.forms["4"][0]) for hand in hands}) >= 4
    for hand in hands[:10]:
        for digit in FORMS:
            assert len(hand.draw(digit)) * STEP < LONGEST + 1


def test_scenes_join_without_a_jolt():
    person = Person(11)
    scenes = [*draw_digits(person, "0123456789"), *pass_time(person, 20.0)]
    turn = np.concatenate([scene.felt for scene in scenes])[:, 3:]
    seams = np.cumsum([len(scene.felt) for scene in scenes])[:-1]
    jumps = np.abs(np.diff(turn, axis=0)).max(axis=1)
    assert jumps[seams - 1].max() < 0.1


def test_marks_are_where_the_hand_moves():
    person = Person(4)
    sensor = Sensor(Imu(np.random.default_rng(0)))
    for scene in draw_digits(person, "27"):
        t, values, (mark,) = sensor.read(scene)
        inside = (t > mark.start + 0.1) & (t < mark.end - 0.1)
        lively = np.linalg.norm(values[:, 3:], axis=1)
        assert np.median(lively[inside]) > 3 * np.median(lively[t < mark.start - 0.2])


def test_readings_have_the_sensors_scale_noise_rate_and_rails():
    rng = np.random.default_rng(1)
    imu = Imu(rng, 100.0, 4, 500)
    still = np.tile([0.0, 0.0, STANDARD_GRAVITY, 0.0, 0.0, 0.0], (5000, 1))
    readings = imu.read(still)
    assert np.allclose(readings.mean(axis=0), still[0], atol=1.0)
    assert 0.01 < readings[:, 0].std() < 0.1
    counts = readings[:, 3] / (500 * DEGREE / 32768)
    assert np.allclose(counts, np.round(counts), atol=0.02)
    assert imu.rate == pytest.approx(100.0, rel=0.05)
    wild = imu.read(np.full((10, 6), 1000.0))
    assert imu.clipped(wild).all() and not imu.clipped(readings).any()
    assert np.allclose(wild[0, 3:], 500 * DEGREE, rtol=1e-3)


@pytest.mark.parametrize(
    "pastime",
    [
        lambda person: other_motion.idle(person, 5.0),
        lambda person: other_motion.walk(person, 5.0),
        lambda person: other_motion.fidget(person, 2.0),
        other_motion.scribble,
        other_motion.put_down_and_pick_up,
    ],
)
def test_pastimes_are_motion_of_a_living_hand(pastime):
    truth = pastime(Person(9))
    assert truth.ndim == 2 and truth.shape[1] == 6 and len(truth) > 40
    assert np.isfinite(truth).all()
    assert np.abs(truth[:, :3]).max() < 200 and np.abs(truth[:, 3:]).max() < 60
