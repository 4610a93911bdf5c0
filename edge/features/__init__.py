"""From samples to what a model sees. One implementation, used by training and runtime alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.events import Rejection
from edge.samples import Chunk

FEATURES = {
    "sound": "edge.features.sound.windows:SoundFeatures",
    "stroke": "edge.features.motion.stroke:StrokeFeatures",
}


@dataclass(frozen=True)
class Window:
    """One model input, cut from the stream."""

    t: float
    """Source time of the end of what the window holds."""
    decided_t: float
    """Source time of the newest sample that was needed to cut it: `t` plus the waiting."""
    tensor: NDArray[np.float32]
    """The model's input, before quantisation, without batch axis."""
    new_rows: int | None = None
    """How many rows of it, at its end, are new since the window before; None if all are."""
    trajectory: NDArray[np.float32] | None = field(default=None, repr=False)
    """(n, 2) x right, y up: what was drawn."""
    active: bool = False
    """Whether something sounds at its end, above what the room does."""


class Features(ABC):
    """Streams chunks into windows; the windows do not depend on how the stream was chunked."""

    @classmethod
    @abstractmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What this code implements, as it is written into a model's manifest (`input`).

        `wanted` is a model's: what can be chosen is taken from it, and a ModelError says what
        cannot be.
        """

    @abstractmethod
    def __init__(self, specification: Mapping[str, Any], channels: tuple[str, ...]) -> None: ...

    @abstractmethod
    def process(self, chunk: Chunk) -> Iterator[Window | Rejection]:
        """Windows that the chunk completes, and what cannot be one."""

    @abstractmethod
    def finish(self) -> Iterator[Window | Rejection]:
        """Windows that the end of the stream completes."""

    @classmethod
    @abstractmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk, channels: tuple[str, ...]
    ) -> Iterator[Window]:
        """Where the one thing may be that a whole recording holds: one window at least.

        An EdgeError says when it holds none, or which is meant cannot be known.
        """
