"""ECG records in the WFDB format played as a source (`--replay`), one after another."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import RecordingError, SourceError
from edge.formats.ecg import Record, find, read
from edge.samples import ECG, Chunk
from edge.source import Source
from edge.source.files.played_files import PlayedFiles
from edge.source.pacing import CHUNK, PAUSE, Pacer

log = logging.getLogger(__name__)


class EcgRecords(PlayedFiles):
    """Of several leads, one is played: II if the record has it, or else the first."""

    channels = ECG
    replay_help = "play ECG records in the WFDB format (.hea), or all records in a folder"

    def __init__(self, paths: Sequence[str | Path], speed: float = 1.0) -> None:
        super().__init__(paths, speed)

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(args.replay, args.speed) if args.replay else None

    def __enter__(self) -> Source:
        self._files = find(self.paths)
        if not self._files:
            raise SourceError(f"no .hea in {self.paths[0]}: give a folder that contains records")
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
        record: Record | None = self._first
        while record is not None:
            size = max(1, round(CHUNK * record.rate))
            for first in range(0, len(record.values), size):
                part = record.values[first : first + size]
                t = start + np.arange(first, first + len(part)) / record.rate
                for _ in pacer.wait_for(float(t[-1])):
                    yield Chunk.empty(len(ECG))
                if 0 < start == t[0]:
                    self.health.pause(PAUSE)
                chunk = Chunk(t, part)
                self.health.count(chunk)
                yield chunk
            start += len(record.values) / record.rate + PAUSE
            record = next(self._records, None)

    def _read(self) -> Iterator[Record]:
        for file in self._files:
            try:
                record = read(file)
            except RecordingError as error:
                self.skip(file, error, self._files)
                continue
            log.info("playing lead %s of %s", record.lead or "1", file)
            yield record
