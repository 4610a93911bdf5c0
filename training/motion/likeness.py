"""How much the trajectories of a simulated stroke look like what the hand truly drew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.features.motion import paths
from edge.features.motion.pose import ANGLE, POSITION, flipped

Array = NDArray[np.float64]


def likeness(trajectories: NDArray[np.float32], drawn: NDArray[np.float32]) -> Array:
    """(n, 2 signs, 2) the correlation of angle and position with the drawn line."""
    line = paths.centred(drawn.astype(np.float64))
    line = paths.normalised(line, line)[0]
    found = [
        paths.correlation(one[..., channels].astype(np.float64), line).sum(axis=1)
        for one in (trajectories, flipped(trajectories))
        for channels in (ANGLE, POSITION)
    ]
    return np.stack(found, axis=1).reshape(-1, 2, 2)


def is_known(drawn: NDArray[np.float32]) -> NDArray[np.bool_]:
    """For which strokes it is known what the hand drew."""
    known: NDArray[np.bool_] = np.abs(drawn).sum(axis=(1, 2)) > 0
    return known
