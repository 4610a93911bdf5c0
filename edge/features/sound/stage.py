"""The stage between the front end and the network: none, or a quanvolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # only one shipped model needs it
    from edge.features.quantum.quanvolution import Quanvolution


class NoStage:
    """The rows of a window are the frames of the spectrogram."""

    rows_in = 1

    def row_shape(self, bins: int) -> tuple[int, ...]:
        """Return the shape of a row of the output."""
        return (bins,)

    def apply(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        return frames


def stage_of(specification: Mapping[str, Any]) -> NoStage | Quanvolution:
    """Return the stage of a model; `rows_in` frames make a row of its output."""
    if "quanvolution" not in specification:
        return NoStage()
    from edge.features.quantum.quanvolution import Quanvolution

    return Quanvolution(specification["quanvolution"], specification["shape"][1])
