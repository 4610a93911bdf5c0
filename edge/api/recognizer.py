"""Recognise in samples that your own program delivers, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge.chain import Chain
from edge.decision import Event
from edge.errors import ModelError, SampleError
from edge.events import Detection, Number, Rejection, Retraction, RunEvent, SequenceOutput
from edge.model import Model
from edge.samples import AUDIO, Chunk, Health
from edge.source.sound_stream import SoundStream

FULL_SCALE = {"int16": 2.0**15, "int32": 2.0**31}
ANSWERS = (Detection, Number, Retraction, SequenceOutput)
LOUDEST = 8.0  # times full scale: floats beyond it are integers that were not divided


class Recognizer:
    """Push samples in, get events out.

    Sound may be int16, int32, float32 or float64 (full scale 1), mono (n,) or with columns for
    channels (n, k), at any rate. Motion is (n, 6): acceleration in m/s^2 and turn rate in rad/s.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        rate: float | None = None,
        threshold: float | None = None,
        max_false_per_hour: float | None = None,
        numbers: bool = False,
        rejections: bool = False,
        runtime: str | None = None,
    ) -> None:
        """`model`: a shipped model ("airdigit", "kws", "sounddigit") or a .tflite file.

        `rate`: samples a second of the blocks (default: the rate that the model needs).
        `threshold`, `max_false_per_hour`: as the options of the commands.
        `numbers`: join digits that follow one another into a Number event.
        `rejections`: also return Rejection events.
        """
        self.model = Model.load(model, runtime)
        self.rate = float(self.model.manifest.rate_hz if rate is None else rate)
        if not 1 <= self.rate <= 1e6:
            raise SampleError(f"a rate of {rate} Hz is impossible: give samples a second")
        self.health = Health()
        self._rejections = rejections
        self._chain = chain_of(self.model, threshold, max_false_per_hour, numbers)
        self._is_sound = tuple(self.model.manifest.input["sensor"]["channels"]) == AUDIO
        self._columns = len(self.model.manifest.input["sensor"]["channels"])
        self._sound = SoundStream(round(self.rate), self.model.manifest.rate_hz, self.health)
        self._samples = 0
        self._last_t: float | None = None

    def feed(self, block: ArrayLike, t: ArrayLike | None = None) -> list[Event]:
        """The events that follow from this block, in the order of their time.

        `t`: the time of each sample of motion in seconds, where samples are not evenly spaced.
        """
        values = np.asarray(block)
        if not values.size:
            return []
        chunk = self._sound_chunk(values) if self._is_sound else self._motion_chunk(values, t)
        return self._process(chunk)

    def finish(self) -> list[Event]:
        """The events that follow from the end of the samples; call it once, at the end."""
        events: list[Event] = []
        if self._is_sound:
            events += self._process(self._sound.finish())
        return events + selected(list(self._chain.finish()), self._rejections)

    def _process(self, chunk: Chunk) -> list[Event]:
        self.health.count(chunk)
        return selected(list(self._chain.process(chunk)), self._rejections)

    def _sound_chunk(self, values: NDArray[np.generic]) -> Chunk:
        return self._sound.feed(sound_frames(values))

    def _motion_chunk(self, values: NDArray[np.generic], t: ArrayLike | None) -> Chunk:
        if values.ndim == 1:
            values = values[np.newaxis]
        if values.ndim != 2 or values.shape[1] != self._columns:
            channels = ", ".join(self.model.manifest.input["sensor"]["channels"])
            raise SampleError(
                f"a block of motion has the shape {values.shape}, and this model takes "
                f"(n, {self._columns}): {channels}"
            )
        count = len(values)
        if t is None:
            times = (self._samples + np.arange(count)) / self.rate
        else:
            times = np.atleast_1d(np.asarray(t, np.float64))
        before = -np.inf if self._last_t is None else self._last_t
        if len(times) != count or not (np.diff(times, prepend=before) > 0).all():
            raise SampleError(
                f"{len(times)} times for {count} samples: give one increasing time for each"
            )
        chunk = Chunk(times, values)  # type: ignore[arg-type]
        if not np.isfinite(chunk.values).all():
            raise SampleError("samples hold NaN or infinity: leave such samples out")
        self._samples += count
        self._last_t = float(times[-1])
        return chunk


def chain_of(
    model: Model, threshold: float | None, max_false_per_hour: float | None, numbers: bool
) -> Chain:
    """The chain of a model with the threshold or budget that the caller chooses."""
    settings = model.settings
    if threshold is not None and max_false_per_hour is not None:
        raise ModelError("threshold and max_false_per_hour set the same: give one of them")
    if threshold is not None:
        if not 0 <= threshold <= 1:
            raise ModelError(f"a threshold of {threshold} is impossible: give 0 to 1")
        settings = settings.with_threshold(threshold)
    if max_false_per_hour is not None:
        settings = settings.with_budget(max_false_per_hour)
    return Chain(model, settings, numbers)


def selected(events: Sequence[RunEvent], rejections: bool) -> list[Event]:
    """The events; without rejections unless `rejections` is true."""
    kinds = (*ANSWERS, Rejection) if rejections else ANSWERS
    return [event for event in events if isinstance(event, kinds)]


def sound_frames(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """(n, channels) floats with full scale 1; SampleError if the values cannot be sound."""
    integer_scale = FULL_SCALE.get(values.dtype.name)
    if integer_scale is None and not np.issubdtype(values.dtype, np.floating):
        raise SampleError(
            f"samples are {values.dtype}: give int16, int32, float32 or float64 "
            "(bytes: numpy.frombuffer(data, numpy.int16))"
        )
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2:
        raise SampleError(
            f"a block of sound has the shape {values.shape}: give (n,) or (n, channels)"
        )
    frames = values.astype(np.float32)
    if integer_scale is not None:
        return frames / np.float32(integer_scale)
    peak = float(np.abs(frames).max())
    if not peak < LOUDEST:
        raise SampleError(
            f"floats of sound reach {peak:g}, and full scale is 1: divide int16 values by 32768"
        )
    return frames
