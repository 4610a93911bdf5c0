"""ECG records in the WFDB format played as a source (`--replay`), one after another."""

from __future__ import annotations

import logging
from pathlib import Path

from edge.formats.ecg import SUFFIX, Record, read
from edge.samples import ECG
from edge.source.files.played_records import PlayedRecords

log = logging.getLogger(__name__)


class EcgRecords(PlayedRecords):
    """Of several leads, one is played: II if the record has it, or else the first."""

    channels = ECG
    suffixes = (SUFFIX,)
    replay_help = "play ECG records in the WFDB format (.hea), or all records in a folder"

    def read(self, path: Path) -> Record:
        record = read(path)
        log.info("playing lead %s of %s", record.lead or "1", path)
        return record
