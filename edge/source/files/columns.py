"""Recordings of any channels played as a source (`--replay`): CSV, WFDB and sound files."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.formats.columns import ColumnRecording, find, read
from edge.source import Source
from edge.source.files.played_records import PlayedRecords, ReadRecording
from edge.source.pacing import PAUSE

log = logging.getLogger(__name__)

PAUSE_SAMPLES = 10  # at least so many sample intervals are between two recordings


class ColumnRecords(PlayedRecords):
    replay_help = "play recordings (CSV, WFDB), or all recordings in a folder"

    def __init__(
        self, paths: Sequence[str | Path], requirements: Mapping[str, Any], speed: float = 1.0
    ) -> None:
        super().__init__(paths, speed)
        self.channels = tuple(requirements["channels"])
        self._nominal_rate = float(requirements["rate_hz"])

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(args.replay, requirements, args.speed) if args.replay else None

    def find(self) -> list[Path]:
        return find(self.paths)

    def read(self, file: Path) -> ColumnRecording:
        recording = read(file, self.channels, self._nominal_rate)
        log.debug("playing %s", file)
        return recording

    def pause_of(self, recording: ReadRecording) -> float:
        return max(PAUSE, PAUSE_SAMPLES / recording.rate)
