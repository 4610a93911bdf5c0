"""Features turn samples into model inputs. Training and devices use the same implementation.

New features are one module and one line in FEATURES, or an entry point of the group
"edge_sense.features" in a package of your own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edge.events import Rejection
from edge.registry import Registry
from edge.samples import Chunk

if TYPE_CHECKING:  # only strokes have them
    from edge.features.motion.facts import StrokeFacts

FEATURES = Registry(
    "edge_sense.features",
    {
        "beats": "edge.features.beats.windows:BeatFeatures",
        "image": "edge.features.image:ImageFeatures",
        "sound": "edge.features.sound.windows:SoundFeatures",
        "stroke": "edge.features.motion.stroke:StrokeFeatures",
        "window": "edge.features.window.windows:WindowFeatures",
    },
)


@dataclass(frozen=True)
class Window:
    """One model input, cut from the stream."""

    t: float
    """Source time of the end of the stroke or sound in the window."""
    decided_t: float
    """Source time of the newest sample that was needed to cut it: `t` plus the waiting."""
    tensor: NDArray[np.float32]
    """The model's input, before quantisation, without batch axis."""
    new_rows: int | None = None
    """How many rows at its end are new since the previous window; None if all are."""
    trajectory: NDArray[np.float32] | None = field(default=None, repr=False)
    """(n, 2) x right, y up: the drawn path."""
    active: bool = False
    """Whether its end is louder than the noise floor."""
    other_sign: NDArray[np.float32] | None = field(default=None, repr=False)
    """Of a stroke: the tensor under the other sign of the lateral axis, which is scored too."""
    stroke: StrokeFacts | None = None
    heart_rate: float | None = None
    """Beats a minute, of a window of an ECG."""


BlockWatcher = Callable[[float, NDArray[np.float32], float, bool], None]
"""Takes the source time of the newest sample of a block of frames, the frames, their level in nats,
and whether the level gate is open."""


class Features(ABC):
    """Turns chunks into windows, which do not depend on how the stream was cut into chunks."""

    averages_recordings: ClassVar[bool] = False
    """Whether the scores of a recording are the mean of those of its windows, as with the beats of
    an ECG, instead of those of the one stroke or word in it."""

    watch_block: BlockWatcher | None = None
    """Called with each block of a spectrogram, for a live view."""

    @classmethod
    @abstractmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The specification of the computed features, as in `input` of a model's manifest.

        `wanted` is the specification in a model: values that can be chosen are taken from it, and a
        ModelError names a value that is impossible.
        """

    @classmethod
    def tensor_shape(cls, specification: Mapping[str, Any]) -> tuple[int, ...]:
        """The shape of the tensor of a window; by default `shape` of the specification."""
        return tuple(specification["shape"])

    @abstractmethod
    def __init__(self, specification: Mapping[str, Any]) -> None: ...

    @abstractmethod
    def process(self, chunk: Chunk) -> Iterator[Window | Rejection]:
        """Windows that the chunk completes, and rejections of samples that cannot be a window."""

    @abstractmethod
    def finish(self) -> Iterator[Window | Rejection]:
        """Windows that the end of the stream completes."""

    def next_window_t(self) -> float:
        """Source time of the newest sample of the next window, at the earliest; -inf if unknown.

        A live source sleeps until then.
        """
        return -inf

    def preview(self) -> NDArray[np.float32] | None:
        """The path of a stroke that is still being drawn, (n, 2) x right, y up; None if none is."""
        return None

    @classmethod
    @abstractmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        """The windows that may hold the one stroke or word of a whole recording: at least one.

        EdgeError if there is no stroke or word, or more than one.
        """
