"""Recordings that are read at once, played as a source (`--replay`), one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.samples import Chunk
from edge.source import Source
from edge.source.files.played_files import PlayedFiles
from edge.source.pacing import CHUNK, PAUSE, Pacer


class ReadRecording(Protocol):
    @property
    def t(self) -> NDArray[np.float64]: ...

    @property
    def values(self) -> NDArray[np.float32]: ...

    @property
    def rate(self) -> float: ...


class PlayedRecords(PlayedFiles[ReadRecording]):
    """Each recording begins where the one before it ended, after a pause."""

    def pause_of(self, recording: ReadRecording) -> float:
        """Seconds of source time after a recording."""
        return PAUSE

    def __enter__(self) -> Source:
        super().__enter__()
        self.rate = self.first.rate
        return self

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        start = 0.0
        for record in self.played():
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
