"""Three views of a stroke: both trajectories as far as they are trusted, and each of them alone.

The trust in a trajectory is only an estimate. One that is wrong although it is trusted can spoil
the drawing of both; the other trajectory alone still shows the figure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.pose import IS_ANGLE

VIEW_NAMES = ("both", "angle", "position")


def views(
    tensors: NDArray[np.float32], trust: NDArray[np.floating]
) -> Iterator[NDArray[np.float32]]:
    """The network inputs (n, POINTS, CHANNELS) of each view, in the order of VIEW_NAMES.

    `tensors` (n, POINTS, CHANNELS) holds both trajectories, each as large as its trust (n, 2).
    Alone, a trajectory has its full size.
    """
    yield tensors
    yield _scaled(tensors, IS_ANGLE / trust[:, :1])
    yield _scaled(tensors, ~IS_ANGLE / trust[:, 1:])


def _scaled(tensors: NDArray[np.float32], scale: NDArray[np.floating]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = tensors * scale[:, None].astype(np.float32)
    return found
