"""Takes of digits that a simulated hand draws, in the files of `airdigit-record`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from edge.formats.motion import Recording, own_csv
from edge.samples import MOTION
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Sensor, take


def record_takes(
    folder: Path, person: Person, takes: int, day: str, digits: str = "0123456789"
) -> None:
    """Write what `airdigit-record` would record of one person on one day."""
    folder.mkdir(parents=True, exist_ok=True)
    sensor = Sensor(Imu(person.rng))
    for number in range(takes):
        for digit in digits:
            scene = take(person, digit, partial(person.draw, digit))
            t, values, (mark,) = sensor.read(scene)
            keep = t < mark.end + 0.3
            text = own_csv.render(Recording.checked(t[keep], values[keep], MOTION))
            (folder / f"{digit}_{day}_10{number:02d}{digit}0.csv").write_text(text)
