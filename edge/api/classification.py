"""Classify a recording that holds one stroke or word."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.events import SequenceOutput
from edge.formats import columns, image, sound
from edge.model import Model
from edge.model.requirements import check_recording
from edge.samples import AUDIO, MOTION, Chunk
from edge.source.files.images import image_chunk, image_pixels

# The module that finds and reads the recordings for each kind of model input.
READERS = {
    "beats": "edge.formats.ecg",
    "image": "edge.formats.image",
    "sound": "edge.formats.sound",
    "stroke": "edge.formats.motion",
    "window": "edge.formats.columns",
}


class _Readable(Protocol):
    @property
    def t(self) -> NDArray[np.float64]: ...

    @property
    def values(self) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Classification:
    label: str
    """The most probable label."""
    score: float
    """Its probability."""
    scores: dict[str, float]
    """The probability of every label."""
    accepted: bool | None = None
    """Whether the score reaches the model's threshold for recordings; None if it has none."""


def classify(model: str | Path | Model, file: str | os.PathLike[str]) -> Classification:
    """The label of a recording; an EdgeError says why it has none.

    `model`: a shipped model, a .tflite file, or a `Model` that was loaded once for many files.
    """
    loaded = model if isinstance(model, Model) else Model.load(model)
    scores = loaded.score_recording(_samples_of(loaded, file))
    internal = loaded.settings.internal_labels
    by_label = {
        label: float(score)
        for label, score in zip(loaded.labels, scores, strict=True)
        if label not in internal
    }
    best = max(by_label, key=by_label.__getitem__)
    accepted = loaded.settings.accepts_recording(best, by_label[best])
    return Classification(best, by_label[best], by_label, accepted)


def sequence_of(model: str | Path | Model, file: str | os.PathLike[str]) -> SequenceOutput:
    """The waveforms that a model computes of a recording; an EdgeError says why it has none."""
    loaded = model if isinstance(model, Model) else Model.load(model)
    return loaded.sequence_of_recording(_samples_of(loaded, file))


def reader_for(model: Model) -> ModuleType:
    """The module that finds recordings for this model, and reads them."""
    return reader_of(model.manifest.input)


def reader_of(specification: Mapping[str, Any]) -> ModuleType:
    """The module that finds and reads recordings for the `input` of a manifest."""
    kind, channels = specification["kind"], tuple(specification["sensor"]["channels"])
    if kind == "window" and channels == AUDIO:
        kind = "sound"
    elif kind == "window" and set(channels) <= set(MOTION):
        kind = "stroke"
    return import_module(READERS[kind])


def samples_of(
    specification: Mapping[str, Any],
    file: str | os.PathLike[str],
    check: Callable[[Any], None] = lambda recording: None,
) -> Chunk:
    """The samples of a recording, as the `input` of a manifest needs them.

    `check` raises an EdgeError if a recording of motion or sound cannot be used.
    """
    path, sensor = Path(file), specification["sensor"]
    if path.is_dir():
        raise RecordingError("is a folder without any recording: name a folder with recordings")
    reader, channels = reader_of(specification), tuple(sensor["channels"])
    if reader is image:
        return image_chunk(image_pixels(path, channels, sensor["height"], sensor["width"]), 0.0)
    recording: _Readable
    if reader is columns:
        recording = columns.read(path, channels, sensor["rate_hz"])
    else:
        at_rate = {"rate": sensor["rate_hz"]} if reader is sound else {}
        recording = reader.read(path, **at_rate)
        check(recording)
    return Chunk(recording.t, recording.values)


def _samples_of(model: Model, file: str | os.PathLike[str]) -> Chunk:
    return samples_of(
        model.manifest.input, file, lambda recording: check_recording(model, recording)
    )
