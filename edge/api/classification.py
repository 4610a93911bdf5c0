"""Classify a recording that holds one stroke or word."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from edge.errors import RecordingError
from edge.formats import sound
from edge.model import Model
from edge.model.requirements import check_recording
from edge.samples import Chunk

# The module that finds and reads the recordings for each kind of model input.
READERS = {
    "beats": "edge.formats.ecg",
    "sound": "edge.formats.sound",
    "stroke": "edge.formats.motion",
}


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
    path = Path(file)
    if path.is_dir():
        raise RecordingError("is a folder without any recording: name a folder with recordings")
    reader = reader_for(loaded)
    at_rate = {"rate": loaded.manifest.rate_hz} if reader is sound else {}
    recording = reader.read(path, **at_rate)
    check_recording(loaded, recording)
    scores = loaded.score_recording(Chunk(recording.t, recording.values))
    internal = loaded.settings.internal_labels
    by_label = {
        label: float(score)
        for label, score in zip(loaded.labels, scores, strict=True)
        if label not in internal
    }
    best = max(by_label, key=by_label.__getitem__)
    accepted = loaded.settings.accepts_recording(best, by_label[best])
    return Classification(best, by_label[best], by_label, accepted)


def reader_for(model: Model) -> ModuleType:
    """The module that reads recordings for this model."""
    return import_module(READERS[model.manifest.input["kind"]])
