"""Long audio with its ground truth: when each word is said.

`annotations` reads a recording with a table of its words, `recordings` recordings without any of
the words. `schedule` and `mixing` make long audio
from clips of single words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

RATE = 16000  # Hz, of the shipped models
BLOCK_S = 10.0

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class TrueWord:
    """A word that is said in long audio."""

    start: float
    end: float
    """Seconds from the beginning of the audio."""
    label: str
    clip: str = ""
    """The file it was mixed from. Several words of one clip are one observation, not several."""


@dataclass(frozen=True)
class LongAudio(ABC):
    name: str
    words: list[TrueWord] = field(repr=False)
    """The ground truth, in order of time."""
    seconds: float
    rate: int

    @abstractmethod
    def blocks(self) -> Iterator[Samples]:
        """Yield the samples, at most BLOCK_S seconds at a time."""
