"""What a recorder of the page needs of the kind of its source: prompts, capture, validation,
storage. The recorder commands use the same capture, validation and storage."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, RecordingError
from edge.features.motion.stroke import StrokeFeatures
from edge.formats import motion as motion_formats
from edge.formats.motion.file_name import NONE_LABEL
from edge.resample import Resampler
from edge.samples import GYRO, Chunk
from edge.takes import Capture
from edge.takes.motion import capture as motion_capture
from edge.takes.motion import storage as motion_storage
from edge.takes.motion import summary as motion_summary
from edge.takes.motion import validation as motion_validation
from edge.takes.sound import capture as sound_capture
from edge.takes.sound import storage as sound_storage
from edge.takes.sound import summary as sound_summary
from edge.takes.sound import validation as sound_validation

STROKE_SECONDS = 4.0  # the longest stroke, as with airdigit-record
PREVIEW_POINTS = 160


@dataclass(frozen=True)
class SavedTake:
    path: Path
    summary: dict[str, float]
    preview: list[Any] = field(default_factory=list)
    """Of sound the peaks over time, 0 to 1; of motion the drawn path."""


class TakeRecorder(ABC):
    """Captures, validates and saves takes of one label."""

    capture: Capture[Any]

    def __init__(self, label: str, speaker: str, folder: Path) -> None:
        self.label, self.speaker, self.folder = label, speaker, folder

    @abstractmethod
    def begin(self) -> None:
        """Get ready for the next take."""

    def feed(self, chunk: Chunk) -> Any:
        """Return the captured take if this chunk completes it."""
        return self.capture.feed(chunk)

    @abstractmethod
    def save(self, take: Any, clipped: int) -> SavedTake:
        """Validate and save a take; RecordingError with the reason if it cannot be used."""


class WordRecorder(TakeRecorder):
    def __init__(self, label: str, speaker: str, folder: Path, rate: float) -> None:
        super().__init__(label, speaker, folder)
        check_label(label, sound=True)
        _check(sound_storage.SPEAKER.fullmatch(speaker), speaker, "a name: letters, then digits")
        self.capture = self._words = sound_capture.WordCapture()
        self._resampler = (
            None if rate == sound_capture.RATE else Resampler(int(rate), sound_capture.RATE)
        )

    def begin(self) -> None:
        self._words.begin()

    def feed(self, chunk: Chunk) -> sound_capture.Take | None:
        if self._resampler is not None and len(chunk):
            samples = self._resampler.process(chunk.values[:, 0])
            t = chunk.t[-1] - np.arange(len(samples))[::-1] / sound_capture.RATE
            chunk = Chunk(t, samples)
        return self._words.feed(chunk)

    def save(self, take: sound_capture.Take, clipped: int) -> SavedTake:
        valid = sound_validation.validate_take(take, clipped)
        path = sound_storage.save_take(valid.samples, self.folder, self.label, self.speaker)
        return SavedTake(path, sound_summary.take_summary(valid), envelope(valid.samples))


class StrokeRecorder(TakeRecorder):
    def __init__(
        self, label: str, speaker: str, folder: Path, rate: float, channels: Sequence[str]
    ) -> None:
        super().__init__(label, speaker, folder)
        check_label(label, sound=False)
        self._rate, self._channels = rate, tuple(channels)
        self.begin()

    def begin(self) -> None:
        self.capture = motion_capture.StrokeCapture(
            self._rate,
            STROKE_SECONDS,
            fixed_length=self.label == NONE_LABEL,
            has_gyro=set(GYRO) <= set(self._channels),
        )

    def save(self, take: motion_capture.Take, clipped: int) -> SavedTake:
        recording = motion_validation.validate_take(take, self._channels, clipped)
        path = motion_storage.save_take(recording, self.folder, self.label, "csv", datetime.now())
        drawn = drawn_path(Chunk(recording.t, recording.values))
        return SavedTake(path, dict(motion_summary.take_summary(recording)), drawn)


def envelope(samples: NDArray[np.float32]) -> list[float]:
    """The peaks of a sound over time, relative to the highest."""
    parts = np.array_split(np.abs(samples), min(PREVIEW_POINTS, len(samples)))
    peaks = np.array([part.max() for part in parts])
    relative: list[float] = np.round(peaks / max(peaks.max(), 1e-6), 3).tolist()
    return relative


def drawn_path(chunk: Chunk) -> list[list[float]]:
    """The drawn path of the stroke in a recording of motion; empty if there is none."""
    try:
        specification = StrokeFeatures.specification()
        windows = list(StrokeFeatures.windows_of_recording(specification, chunk))
    except (EdgeError, ValueError):
        return []
    path = windows[0].trajectory if windows else None
    points: list[list[float]] = [] if path is None else np.round(path, 3).tolist()
    return points


def drawn_path_of(path: Path) -> list[list[float]]:
    """The drawn path of the stroke in a file of motion; empty if there is none."""
    recording = motion_formats.read(path)
    return drawn_path(Chunk(recording.t, recording.values))


def suffix_of(sound: bool) -> str:
    """The suffix of the files that the page saves."""
    return ".wav" if sound else ".csv"


def check_label(label: str, sound: bool) -> None:
    """RecordingError if takes cannot have this label, which is a part of their path."""
    if sound:
        _check(sound_storage.is_word(label), label, "a word")
    else:
        _check(motion_storage.LABEL.fullmatch(label), label, "a label: letters, digits and -")


def _check(fits: object, text: str, what: str) -> None:
    if not fits:
        raise RecordingError(f"{text!r} is not {what}")
