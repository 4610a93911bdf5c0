"""Recordings that are read at once, played as a source (`--replay`), one after another."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError, RuntimeMissing, SourceError
from edge.samples import Chunk
from edge.source import Source
from edge.source.files.played_files import PlayedFiles
from edge.source.pacing import CHUNK, PAUSE, Pacer

log = logging.getLogger(__name__)


class ReadRecording(Protocol):
    @property
    def t(self) -> NDArray[np.float64]: ...

    @property
    def values(self) -> NDArray[np.float32]: ...

    @property
    def rate(self) -> float: ...


class PlayedRecords(PlayedFiles):
    """Each recording begins where the one before it ended, after a pause."""

    suffix = ".csv"
    """What the files in a folder end with, for a message."""

    @abstractmethod
    def find(self) -> list[Path]:
        """The files to play."""

    @abstractmethod
    def read(self, file: Path) -> ReadRecording:
        """RecordingError if the file cannot be read."""

    def pause_of(self, recording: ReadRecording) -> float:
        """Seconds of source time after a recording."""
        return PAUSE

    def __enter__(self) -> Source:
        self._files = self.find()
        if not self._files:
            raise SourceError(
                f"no {self.suffix} in {self.paths[0]}: give a folder that contains recordings"
            )
        self._records = self._read()
        first = next(self._records, None)
        if first is None:
            raise SourceError(
                f"none of {len(self._files)} records could be read: the messages above name the "
                "fault of each"
            )
        self._first, self.rate = first, first.rate
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close: each record is read at once."""

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        start = 0.0
        record: ReadRecording | None = self._first
        while record is not None:
            size = max(1, round(CHUNK * record.rate))
            times, pause = record.t, self.pause_of(record)
            for first in range(0, len(record.values), size):
                part = slice(first, first + size)
                t = start + times[part]
                for _ in pacer.wait_for(float(t[-1])):
                    yield Chunk.empty(len(self.channels))
                if 0 < start == t[0]:
                    self.health.pause(pause)
                chunk = Chunk(t, record.values[part])
                self.health.count(chunk)
                yield chunk
            start += float(times[-1]) + 1 / record.rate + pause
            record = next(self._records, None)

    def _read(self) -> Iterator[ReadRecording]:
        for file in self._files:
            try:
                yield self.read(file)
            except (RecordingError, RuntimeMissing) as error:
                self.skip(file, error, self._files)
