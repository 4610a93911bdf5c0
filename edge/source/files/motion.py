"""Recordings played as if they were a sensor: one after another, in real time or faster."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError, SourceError
from edge.formats.motion import Recording, find, read
from edge.formats.motion.clipping import clipped
from edge.formats.motion.recording import GAP
from edge.samples import Chunk, Health
from edge.source import Source
from edge.source.pacing import BETWEEN, CHUNK, Pace, speed

log = logging.getLogger(__name__)


class ReplaySource(Source):
    """A file that cannot be read is named in the log and skipped, if there are others."""

    def __init__(self, paths: Sequence[str | Path], speed: float = 1.0) -> None:
        self.paths, self.speed = paths, speed
        self.health = Health()
        self._fault: RecordingError | None = None

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--replay",
            nargs="+",
            metavar="FILE",
            help="play recordings, or all that are in a folder, one after another",
        )
        parser.add_argument(
            "--speed",
            type=speed,
            default=1.0,
            metavar="X",
            help="with --replay and --mock: 1 is real time (default), 10 ten times as fast, "
            "max as fast as it goes",
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(args.replay, args.speed) if args.replay else None

    def __enter__(self) -> Source:
        files = find(self.paths)
        if not files:
            raise SourceError(f"no .csv or .json in {self.paths[0]}: name a folder that has some")
        self._recordings = self._read(files)
        first = next(self._recordings, None)
        if first is None:
            raise SourceError(str(self._fault)) from self._fault
        self._first = first
        self.channels, self.rate = first.channels, first.rate
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing is held open: each file is read whole."""

    def __iter__(self) -> Iterator[Chunk]:
        pace = Pace(self.speed)
        begin = 0.0
        recording: Recording | None = self._first
        while recording is not None:
            missing, on_rail = _missing(recording), _on_rail(recording)
            for part in _parts(recording):
                chunk = Chunk(recording.t[part] + begin, recording.values[part])
                for _ in pace.wait_for(chunk.t[-1]):
                    yield Chunk(np.empty(0), np.empty((0, len(self.channels)), np.float32))
                if 0 < begin == chunk.t[0]:
                    self.health.pause(BETWEEN - 1 / recording.rate)
                self.health.lost += int(missing[part].sum())
                self.health.clipped += int(on_rail[part].sum())
                self.health.count(chunk)
                yield chunk
            begin += recording.t[-1] + BETWEEN
            recording = next(self._recordings, None)

    def _read(self, files: list[Path]) -> Iterator[Recording]:
        channels = None
        for file in files:
            try:
                recording = read(file)
                if channels not in (None, recording.channels):
                    raise RecordingError("has other channels than the recordings before it")
            except RecordingError as fault:
                self._fault = RecordingError(f"{file}: {fault}")
                if len(files) > 1:
                    self.health.errors += 1
                    log.warning("%s: skipped", self._fault)
                continue
            log.debug("playing %s", file)
            channels = recording.channels
            yield recording


def _parts(recording: Recording) -> Iterator[slice]:
    edges = np.flatnonzero(np.diff(np.floor(recording.t / CHUNK))) + 1
    for start, end in pairwise([0, *edges.tolist(), len(recording.t)]):
        yield slice(start, end)


def _missing(recording: Recording) -> NDArray[np.int64]:
    """How many samples a gap before each sample has swallowed."""
    steps = np.diff(recording.t, prepend=-1 / recording.rate) * recording.rate
    return np.where(steps > GAP, np.rint(steps) - 1, 0).astype(np.int64)


def _on_rail(recording: Recording) -> NDArray[np.bool_]:
    if recording.rails is None:
        return np.zeros(len(recording.t), dtype=bool)
    return clipped(recording.values, recording.channels, recording.rails)
