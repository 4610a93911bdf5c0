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
from edge.samples import ECG, Chunk, Health
from edge.source import Source
from edge.source.pacing import CHUNK, PAUSE, Pacer, add_speed_option

log = logging.getLogger(__name__)


class EcgRecords(Source):
    """A record that cannot be read is logged and skipped, unless it is the only one.

    Of several leads, one is played: II if the record has it, or else the first.
    """

    channels = ECG

    def __init__(self, paths: Sequence[str | Path], speed: float = 1.0) -> None:
        self.paths, self.speed = paths, speed
        self.health = Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--replay",
            nargs="+",
            metavar="FILE",
            help="play ECG records in the WFDB format (.hea), or all records in a folder, one "
            "after another",
        )
        add_speed_option(parser)

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
                if len(self._files) == 1:
                    raise SourceError(f"{file}: {error}") from error
                self.health.errors += 1
                self.health.degraded(f"{file}: {error}: skipped")
                log.warning("%s: %s: skipped", file, error)
                continue
            log.info("playing lead %s of %s", record.lead or "1", file)
            yield record
