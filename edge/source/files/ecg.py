"""ECG records in the WFDB format played as a source (`--replay`), one after another."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.formats.ecg import Record, find, read
from edge.samples import ECG
from edge.source import Source
from edge.source.files.played_records import PlayedRecords

log = logging.getLogger(__name__)


class EcgRecords(PlayedRecords):
    """Of several leads, one is played: II if the record has it, or else the first."""

    channels = ECG
    suffix = ".hea"
    replay_help = "play ECG records in the WFDB format (.hea), or all records in a folder"

    def __init__(self, paths: Sequence[str | Path], speed: float = 1.0) -> None:
        super().__init__(paths, speed)

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(args.replay, args.speed) if args.replay else None

    def find(self) -> list[Path]:
        return find(self.paths)

    def read(self, file: Path) -> Record:
        record = read(file)
        log.info("playing lead %s of %s", record.lead or "1", file)
        return record
