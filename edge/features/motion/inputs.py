"""Network inputs of a batch of strokes, with what the decision needs beside the scores.

The values of these constants, and their names, are part of every model's input specification.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.pose import ANGLE, CHANNELS, IS_ANGLE, POSITION, poses
from edge.features.motion.trust import trust

POINTS = 64  # of the tensor, evenly spaced in time
_BATCH = 1024  # strokes computed at a time, to limit memory


@dataclass(frozen=True)
class StrokeInputs:
    """A batch of strokes under the first sign of the lateral axis; see `edge.features.motion.pose`.

    `pose.flipped` gives tensors and trajectories under the other sign.
    """

    trajectories: NDArray[np.float32]
    """(n, POINTS, CHANNELS) all at unit size."""
    trust: NDArray[np.float64]
    """(n, 2) in angle and position, 0 to 1."""
    agreement: NDArray[np.float64]
    """(n,) of angle and position, 0 to 3: how strongly it supports the first sign."""
    lateral: NDArray[np.float64]
    """(n, 3) the direction to the right, in the sensor's own axes."""

    @property
    def tensors(self) -> NDArray[np.float32]:
        """(n, POINTS, CHANNELS) what the network takes, under the first sign."""
        return network_inputs(self.trajectories, self.trust)

    def __len__(self) -> int:
        return len(self.trajectories)


def stroke_inputs(
    motion: NDArray[np.floating], duration: NDArray[np.float64], clipped: NDArray[np.float64]
) -> StrokeInputs:
    """From binned strokes: (n, bins, 6) motion, (n,) s, (n, 2) shares of clipped samples."""
    batches = (slice(k, k + _BATCH) for k in range(0, max(len(motion), 1), _BATCH))
    parts = [_of_batch(motion[k], duration[k], clipped[k]) for k in batches]
    columns = zip(*((p.trajectories, p.trust, p.agreement, p.lateral) for p in parts), strict=True)
    return StrokeInputs(*(np.concatenate(column) for column in columns))


def _of_batch(
    motion: NDArray[np.floating], duration: NDArray[np.float64], clipped: NDArray[np.float64]
) -> StrokeInputs:
    found = poses(motion.astype(np.float64), duration)
    pool = motion.shape[1] // POINTS
    pooled = found.trajectories.reshape(len(motion), POINTS, pool, CHANNELS).mean(axis=2)
    return StrokeInputs(
        pooled.astype(np.float32),
        trust(found.agreement, found.imbalance, duration, clipped),
        found.agreement.sum(axis=1),
        found.lateral,
    )


def network_inputs(
    trajectories: NDArray[np.float32], trusted: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Angle and position (with their derivatives), each as large as it is trusted."""
    scale = np.where(IS_ANGLE, trusted[:, :1], trusted[:, 1:])
    return (trajectories * scale[:, None]).astype(np.float32)


def drawn_path(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """(POINTS, 2) path of one stroke, to plot: the mean of angle and position, each weighted with
    its trust."""
    path = tensor[:, ANGLE] + tensor[:, POSITION]
    size = float(np.sqrt((path.astype(np.float64) ** 2).sum(axis=1).mean()))
    unit: NDArray[np.float32] = path / np.float32(max(size, 1e-6))
    return unit
