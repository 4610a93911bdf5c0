"""Strokes of people who do anything but draw digits: walk, fidget, scribble, handle things."""

from __future__ import annotations

from collections.abc import Iterator

from edge.features.motion.span import Span
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Sensor, other_motions
from training.motion.people.drawing import gate_spans

IDLE_SECONDS = 40.0  # of each person
HANG = 0.25  # s
# Ranges (g, degrees per second) and rates (Hz) that sensors are set to; the project's own are the
# first, and the most frequent.
SENSOR_RANGES = ((4, 500), (4, 500), (4, 500), (2, 143), (2, 250))
RATES = (100.0, 100.0, 100.0, 52.0, 50.0, 62.5)
CALIBRATED = 0.2  # of the gyroscope's bias is left by a calibration at start


def random_sensor(person: Person) -> Sensor:
    """A sensor in the hand of this person."""
    rng = person.rng
    accel_g, gyro_dps = SENSOR_RANGES[rng.integers(len(SENSOR_RANGES))]
    return Sensor(Imu(rng, float(rng.choice(RATES)), accel_g, gyro_dps))


def idle_strokes(number: int) -> Iterator[Span]:
    """The strokes that the motion gate finds in 40 s of one person's other movements."""
    # Training has the people with even seeds; those with odd seeds appear in live simulation only
    # (edge.simulation.seeds).
    person = Person(2 * number)
    sensor = random_sensor(person)
    for scene in other_motions(person, IDLE_SECONDS):
        t, values, _ = sensor.read(scene)
        yield from gate_spans(t, values, HANG)
