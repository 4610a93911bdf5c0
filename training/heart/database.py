"""The records of the MIT-BIH arrhythmia database, and which patients train and test a model."""

from __future__ import annotations

import logging
import tarfile
from pathlib import Path

from edge.errors import RecordingError
from edge.formats.ecg import find

log = logging.getLogger(__name__)

# The inter-patient split of de Chazal and others (2004): no patient is in both sets. The records
# of patients with a pacemaker (102, 104, 107, 217) are in neither.
TRAINING_RECORDS = (
    *("101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122"),
    *("124", "201", "203", "205", "207", "208", "209", "215", "220", "223", "230"),
)
TEST_RECORDS = (
    *("100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210"),
    *("212", "213", "214", "219", "221", "222", "228", "231", "232", "233", "234"),
)
ARCHIVE = "records.tar.xz"


def find_records(folder: str, cache: Path) -> dict[str, Path]:
    """The headers in a folder by record name; the archive in it is unpacked to the cache."""
    found = find([folder])
    archive = Path(folder) / ARCHIVE
    if not found and archive.is_file():
        unpacked = cache / "mitbih"
        log.info("unpacking %s to %s", archive, unpacked)
        with tarfile.open(archive) as content:
            content.extractall(unpacked, filter="data")
        found = find([unpacked])
    records = {path.stem: path for path in found}
    missing = [name for name in TRAINING_RECORDS if name not in records]
    if missing or not records.keys() & set(TEST_RECORDS):
        raise RecordingError(
            f"{folder} lacks records of the MIT-BIH arrhythmia database "
            f"({', '.join(missing[:5]) or 'all of the test set'}): give a folder with its .hea, "
            ".dat and .atr files, from https://physionet.org/content/mitdb"
        )
    return records
