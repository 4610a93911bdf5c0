"""The metadata of UrbanSound8K: the class, the recording and the official fold of each clip."""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import RecordingError

log = logging.getLogger(__name__)

LABELS = (  # in the order of classID
    *("air_conditioner", "car_horn", "children_playing", "dog_bark", "drilling"),
    *("engine_idling", "gun_shot", "jackhammer", "siren", "street_music"),
)
FOLDS = tuple(range(1, 11))
TABLE = Path("metadata") / "UrbanSound8K.csv"
COLUMNS = ("slice_file_name", "fsID", "fold", "class")
SYNTHETIC = "SYNTHETIC.txt"  # the file that says that a folder is a miniature without recordings
WHERE = "get UrbanSound8K from https://zenodo.org/records/1203745 and give its folder"


@dataclass(frozen=True)
class UrbanClip:
    path: Path
    label: str
    fold: int
    recording: str
    """The recording on Freesound that the clip is cut from."""


def read_metadata(folder: Path) -> list[UrbanClip]:
    """The clips of all folds. Raises RecordingError if a fold has none.

    A warning names the first of the files that are missing.
    """
    table = folder / TABLE
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            clips = _clips(folder, csv.DictReader(file), table)
    except FileNotFoundError:
        raise RecordingError(f"{table} does not exist: {WHERE}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{table} cannot be read ({error}): {WHERE}") from None
    found = [clip for clip in clips if clip.path.is_file()]
    if len(found) < len(clips):
        first = next(clip.path for clip in clips if clip not in set(found))
        log.warning(
            "%d of %d clips of the metadata are missing, the first is %s",
            *(len(clips) - len(found), len(clips), first),
        )
    empty = [fold for fold in FOLDS if fold not in {clip.fold for clip in found}]
    if empty:
        raise RecordingError(
            f"{folder} has no clip of fold {', '.join(map(str, empty))}: all ten folds are needed, "
            f"{WHERE}"
        )
    return found


def _clips(folder: Path, rows: csv.DictReader[str], table: Path) -> list[UrbanClip]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise RecordingError(f"{table} has no column {', '.join(missing)}: {WHERE}")
    clips = []
    for row in rows:
        label, fold, name = row["class"], row["fold"], row["slice_file_name"]
        if label not in LABELS or fold not in map(str, FOLDS) or not name or "/" in name:
            raise RecordingError(
                f"{table} line {rows.line_num}: it needs a file name, a fold from 1 to 10 and one "
                f"of the ten classes, but has {name!r}, {fold!r}, {label!r}: {WHERE}"
            )
        path = folder / "audio" / f"fold{fold}" / name
        clips.append(UrbanClip(path, label, int(fold), row["fsID"] or name))
    return clips


def is_synthetic(folder: Path) -> bool:
    """Whether the folder is a miniature of synthesised sounds."""
    return (folder / SYNTHETIC).is_file()


def other_folds(clips: Sequence[UrbanClip], fold: int) -> list[int]:
    """The numbers of the clips that may train a network which this fold tests.

    Clips of a recording that is in the fold are left out, whatever their own fold is.
    """
    tested = {clip.recording for clip in clips if clip.fold == fold}
    return [
        number
        for number, clip in enumerate(clips)
        if clip.fold != fold and clip.recording not in tested
    ]
