"""What a machine voice returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 16000  # Hz


@dataclass(frozen=True)
class Phone:
    ipa: str
    """Empty in a pause."""
    start: float
    end: float
    """Seconds from the beginning of the sound."""


@dataclass(frozen=True)
class Spoken:
    samples: NDArray[np.float32]
    phones: list[Phone]
