"""Motion recordings played as a source (`--replay`): one after another, in real time or faster."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.motion import SUFFIXES, Recording, read
from edge.formats.motion.clipping import clipped
from edge.formats.motion.recording import GAP
from edge.samples import Chunk
from edge.source import Source
from edge.source.files.played_files import PlayedFiles
from edge.source.pacing import CHUNK, PAUSE, Pacer

log = logging.getLogger(__name__)


class ReplaySource(PlayedFiles[Recording]):
    suffixes = SUFFIXES
    replay_help = "play recordings, or all recordings in a folder"

    def __enter__(self) -> Source:
        self._channels: tuple[str, ...] | None = None
        super().__enter__()
        self.channels, self.rate = self.first.channels, self.first.rate
        return self

    def read(self, path: Path) -> Recording:
        recording = read(path)
        if self._channels not in (None, recording.channels):
            raise RecordingError("has other channels than the recordings before it")
        log.debug("playing %s", path)
        self._channels = recording.channels
        return recording

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        start = 0.0
        for recording in self.played():
            missing, is_clipped = _missing_before(recording), _clipped(recording)
            for part in _parts(recording):
                chunk = Chunk(recording.t[part] + start, recording.values[part])
                for _ in pacer.wait_for(chunk.t[-1]):
                    yield Chunk.empty(len(self.channels))
                if 0 < start == chunk.t[0]:
                    self.health.pause(PAUSE - 1 / recording.rate)
                self.health.lost += int(missing[part].sum())
                self.health.clipped += int(is_clipped[part].sum())
                self.health.count(chunk)
                yield chunk
            start += recording.t[-1] + PAUSE


def _parts(recording: Recording) -> Iterator[slice]:
    """Cut a recording into slices of CHUNK seconds."""
    edges = np.flatnonzero(np.diff(np.floor(recording.t / CHUNK))) + 1
    for start, end in pairwise([0, *edges.tolist(), len(recording.t)]):
        yield slice(start, end)


def _missing_before(recording: Recording) -> NDArray[np.int64]:
    """Return for each sample how many samples are missing before it."""
    steps = np.diff(recording.t, prepend=-1 / recording.rate) * recording.rate
    return np.where(steps > GAP, np.rint(steps) - 1, 0).astype(np.int64)


def _clipped(recording: Recording) -> NDArray[np.bool_]:
    """Return for each sample whether one of its values is at the end of the sensor's range."""
    if recording.rails is None:
        return np.zeros(len(recording.t), dtype=bool)
    return clipped(recording.values, recording.channels, recording.rails)
