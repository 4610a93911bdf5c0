"""Lists that belong to a corpus: `index.csv`, and the validation and test lists of Speech Commands.

index.csv has the columns split, path, label, word and speaker.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from edge.errors import RecordingError
from training.sound.data.clip_files import LabelledClip
from training.sound.data.words import OTHER_NAMES, normalize_word

INDEX = "index.csv"
SPLIT_LISTS = {"validation_list.txt": "val", "testing_list.txt": "test"}
SPLIT_NAMES = {  # the names that corpora use
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}

ListKey = tuple[str, str]
"""The folder and the name of a file, without its suffix, as the lists name it."""


def read_index(folder: Path) -> Iterator[LabelledClip]:
    """Yield the clips of a folder's index.csv. Raises RecordingError if it cannot be read."""
    path, empty = folder / INDEX, True
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                word = normalize_word(row["word"])
                word, empty = OTHER_NAMES.get(word, word), False
                split = _split(row["split"] or "", path)
                yield LabelledClip(folder / row["path"], word, row["speaker"] or "", split)
    except (KeyError, TypeError, UnicodeDecodeError, csv.Error):
        raise RecordingError(
            f"{path} needs the columns split, path, label, word and speaker: write it as UTF-8"
        ) from None
    if empty:
        raise RecordingError(f"{path} lists no recording: write a line for each")


def _split(name: str, path: Path) -> str:
    if name and name.lower() not in SPLIT_NAMES:
        raise RecordingError(f"{path} has a split {name!r}: call it train, val or test")
    return SPLIT_NAMES[name.lower()] if name else ""


def read_split_lists(folder: Path) -> dict[ListKey, str]:
    """Return the split of each recording in the lists of Speech Commands; empty without lists."""
    found: dict[ListKey, str] = {}
    for name, split in SPLIT_LISTS.items():
        if not (folder / name).is_file():
            continue
        try:
            lines = (folder / name).read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise RecordingError(f"{folder / name} is no text: write it as UTF-8") from None
        paths = [Path(line.strip()) for line in lines if line.strip()]
        found |= {list_key(path): split for path in paths}
    return found


def list_key(path: Path) -> ListKey:
    return normalize_word(path.parent.name), normalize_word(path.stem)
