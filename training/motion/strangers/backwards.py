"""Which paths of digits were recorded from the end to the beginning.

About half of the strokes of wand_strokes are. Nobody draws so: a 7 from its foot upwards. A path
counts as backwards if its reverse is much more like the pen digits of its label than itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.motion.people.pen_corpora import TRAIN, read_corpus
from training.motion.strokes import DIGITS
from training.motion.takes import DrawnLine

POINTS = 32
TEMPLATES = 600  # pen digits of each label
MUCH_MORE = 0.7  # the error of the reverse, as a share of that of the path

Array = NDArray[np.float64]


def are_backwards(lines: Sequence[DrawnLine], pen: Path) -> NDArray[np.bool_]:
    """For each line whether it was recorded backwards."""
    templates = _templates(pen)
    found = []
    for drawn in lines:
        path = _evenly(drawn.line)
        forwards, reverse = (_error(templates[drawn.label], p) for p in (path, path[::-1]))
        found.append(reverse < MUCH_MORE * forwards)
    return np.array(found, bool)


def _templates(pen: Path) -> dict[str, Array]:
    rng = np.random.default_rng(0)
    by_label: dict[str, list[Array]] = {digit: [] for digit in DIGITS}
    for one in read_corpus(pen, "unipen_digits"):
        if one.part == TRAIN:
            by_label[one.label].append(one.pen.line.astype(float))
    return {
        digit: np.stack([_evenly(lines[k]) for k in rng.permutation(len(lines))[:TEMPLATES]])
        for digit, lines in by_label.items()
    }


def _error(templates: Array, path: Array) -> float:
    """Mean squared distance to the nearest template."""
    return float(((templates - path) ** 2).sum(axis=2).mean(axis=1).min())


def _evenly(line: Array) -> Array:
    """POINTS points evenly along a line, centred and of unit size."""
    step = np.linalg.norm(np.diff(line, axis=0), axis=1)
    distance = np.concatenate([[0.0], np.cumsum(step)])
    at = np.linspace(0, distance[-1], POINTS)
    path = np.stack([np.interp(at, distance, column) for column in line.T], axis=1)
    path -= path.mean(axis=0)
    return np.asarray(path / (np.sqrt((path**2).sum(axis=1).mean()) + 1e-9))
