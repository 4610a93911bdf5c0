"""The length of a window in samples, and recordings brought to a given length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.front_end import FrontEnd


def window_samples(specification: Mapping[str, Any]) -> int:
    """Return the number of samples that a window covers."""
    front_end = FrontEnd(**specification["front_end"])
    return (specification["shape"][0] - 1) * front_end.hop + front_end.window


def pad_or_crop(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Crop both sides of a longer sound to `length` samples, or pad a shorter one with zeros."""
    before = (length - len(samples)) // 2
    if before < 0:
        return samples[-before : -before + length]
    return np.pad(samples, (before, length - len(samples) - before))
