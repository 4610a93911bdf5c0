"""Recordings of any channels played as a source (`--replay`): CSV, WFDB and sound files."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.formats.columns import SUFFIXES, ColumnRecording, read
from edge.source.files.played_records import PlayedRecords, ReadRecording
from edge.source.pacing import PAUSE

log = logging.getLogger(__name__)

PAUSE_SAMPLES = 10  # at least so many sample intervals are between two recordings


class ColumnRecords(PlayedRecords):
    suffixes = SUFFIXES
    replay_help = "play recordings (CSV, WFDB), or all recordings in a folder"

    def __init__(
        self, paths: Sequence[str | Path], requirements: Mapping[str, Any], speed: float = 1.0
    ) -> None:
        super().__init__(paths, requirements, speed)
        self.channels = tuple(requirements["channels"])
        self._nominal_rate = float(requirements["rate_hz"])

    def read(self, path: Path) -> ColumnRecording:
        recording = read(path, self.channels, self._nominal_rate)
        log.debug("playing %s", path)
        return recording

    def pause_of(self, recording: ReadRecording) -> float:
        return max(PAUSE, PAUSE_SAMPLES / recording.rate)
