"""Letters and symbols of 30 people with a smartwatch on the wrist (evaluation only).

Rows of the files: time, sensor time, three of the accelerometer (m/s^2), three of the gyroscope
(rad/s), class. The vibration motor marks the begin and end of each take.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.samples import Chunk
from training.motion.people.pen_corpora import AS_DIGIT
from training.motion.strokes import NONE
from training.motion.takes import Take

RATE = 50.0  # Hz
SYMBOLS = "$#€?!%*+=&"  # classes 36 to 45; the classes 0 to 25 are A to Z
FIRST_SYMBOL = 36
# In the files of these people the columns of accelerometer and gyroscope are swapped: gravity is in
# the last three.
SWAPPED = {"train_6", "train_7", "train_8"}
REJECTED = frozenset("AEFHKMNPRTVWX")
"""Letters that look like no digit."""
READABLE = frozenset(f"train_{n}" for n in (2, 5, *range(9, 21)))
"""People whose letters can be read by eye in a plot of the drawn paths."""


def read_watch_letters(folder: Path) -> list[Take]:
    """All takes; O, Z and S are labelled 0, 2 and 5. The group is the person."""
    takes = []
    for path in sorted(folder.glob("*.csv"), key=_order):
        rows = np.genfromtxt(path, delimiter=",")
        values, classes = rows[:, 2:8].astype(np.float32), rows[:, 8].astype(int)
        if path.stem in SWAPPED:
            values = values[:, [3, 4, 5, 0, 1, 2]]
        for number in np.unique(classes):
            mine = values[classes == number]
            name = SYMBOLS[number - FIRST_SYMBOL] if number >= FIRST_SYMBOL else chr(65 + number)
            label = AS_DIGIT.get(name, NONE)
            takes.append(Take(Chunk(np.arange(len(mine)) / RATE, mine), label, name, path.stem))
    return takes


def _order(path: Path) -> tuple[str, int]:
    kind, number = path.stem.split("_")
    return kind, int(number)
