"""How folders say which word a recording holds, who speaks, and whom a model must not learn from.

Understood are a list (`index.csv` with split, path, label, word, speaker); a folder for each word,
in any language, perhaps in a folder for each person; and where there are no such folders, the digit
before the first `_` of a name.
Speech Commands' own lists and its folder of noise are honoured.
"""

from __future__ import annotations

import csv
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import RecordingError
from edge.formats.sound import find

log = logging.getLogger(__name__)

SILENCE = "silence"
NOISE = "_background_noise_"
OTHER_NAMES = {"_silence_": SILENCE, NOISE: SILENCE, "_unknown_": "unknown"}
DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LISTS = {"validation_list.txt": "val", "testing_list.txt": "test"}
LECTURE = re.compile(r"\d_\d{3}")
SPLITS = {  # as others call them
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
SPEAKER = {  # who spoke, from a file's name
    "nohash": re.compile(r"(?P<speaker>[^_]+)_nohash_"),
    "digit": re.compile(r"\d_(?P<speaker>[^_]+)_\d+"),
    "arabic": re.compile(r"(?P<speaker>\d+)_NO_\d+"),
}


@dataclass(frozen=True)
class Named:
    path: Path
    word: str
    speaker: str
    """Empty if nobody knows."""
    split: str = ""
    """train, val or test, where the corpus says so; else empty."""


def named(folder: Path) -> Iterator[Named]:
    """Every recording of a word below a folder; RecordingError if it is none, or its list bad."""
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise RecordingError(f"{folder} {what}: give a folder with a folder for each word")
    if (folder / "index.csv").is_file():
        yield from _listed(folder)
        return
    split_of = _splits(folder)
    new_part = set(split_of)
    found = [path for path in find([folder]) if path.parent.name != NOISE]
    alone = len({path.parent for path in found}) == 1  # a folder for all is none for a word
    votes = Counter[Path]()
    for path in found:
        votes[path.parent] += 1 if LECTURE.fullmatch(path.stem) else -1
    otherwise = {parent for parent, more in votes.items() if more <= 0}
    for numbered in sorted(set(votes) - otherwise - {folder}):
        log.warning("%s: its recordings are digits by their names, as 4_017 is a four", numbered)
    for path in found:
        listed = _as_listed(path)
        new_part.discard(listed)
        digit, speaker = re.fullmatch(r"(\d)_(.*)", path.stem), speaker_of(path.stem)
        # In a word's folder a number is a take's; but where most are named as the lecture's are,
        # it is their word.
        theirs = path.parent == folder or speaker and (alone or path.parent.name == speaker)
        if digit and (theirs or path.parent not in otherwise and LECTURE.fullmatch(path.stem)):
            word = digit[1]
        elif path.parent != folder:
            word, speaker = spelled(path.parent.name), speaker or _person(path, folder)
        else:
            log.warning("%s: left out, as neither its folder nor its name says a word", path)
            continue
        word = DIGIT_WORDS[int(word)] if re.fullmatch("[0-9]", word) else word
        split = split_of.get(listed, "train" if split_of else "")
        yield Named(path, OTHER_NAMES.get(word, word), speaker, split)
    if new_part:
        word, stem = min(new_part)
        log.warning(
            "%s: its lists name what is not there: %d recordings, the first %s/%s",
            *(folder, len(new_part), word, stem),
        )


def noise_files(folders: Sequence[str | Path]) -> list[Path]:
    """Recordings in which nobody speaks, where a corpus has a folder of them."""
    listed = (Path(folder) for folder in folders)
    found = find([folder for folder in listed if not (folder / "index.csv").is_file()])
    return [path for path in found if path.parent.name == NOISE]


def speaker_of(stem: str) -> str:
    """Who spoke, from a name of one of the known patterns; else nobody known."""
    for pattern in SPEAKER.values():
        match = pattern.match(stem)
        if match:
            return match["speaker"]
    return ""


def spelled(word: str) -> str:
    """The same letters for the same word: some systems write an umlaut as two."""
    return unicodedata.normalize("NFC", word)


def _listed(folder: Path) -> Iterator[Named]:
    path, empty = folder / "index.csv", True
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                word = spelled(row["word"])
                word, empty = OTHER_NAMES.get(word, word), False
                split = _split(row["split"] or "", path)
                yield Named(folder / row["path"], word, row["speaker"] or "", split)
    except (KeyError, TypeError, UnicodeDecodeError, csv.Error):
        raise RecordingError(
            f"{path} needs the columns split, path, label, word and speaker: write it as UTF-8"
        ) from None
    if empty:
        raise RecordingError(f"{path} lists no recording: write a line for each")


def _split(name: str, path: Path) -> str:
    if name and name.lower() not in SPLITS:
        raise RecordingError(f"{path} has a split {name!r}: call it train, val or test")
    return SPLITS[name.lower()] if name else ""


def _as_listed(path: Path) -> tuple[str, str]:
    return spelled(path.parent.name), spelled(path.stem)


def _splits(folder: Path) -> dict[tuple[str, str], str]:
    """The split of each recording of Speech Commands' lists, by its folder and name."""
    found: dict[tuple[str, str], str] = {}
    for name, split in LISTS.items():
        if not (folder / name).is_file():
            continue
        try:
            lines = (folder / name).read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise RecordingError(f"{folder / name} is no text: write it as UTF-8") from None
        paths = [Path(line.strip()) for line in lines if line.strip()]
        found |= {_as_listed(path): split for path in paths}
    return found


def _person(path: Path, folder: Path) -> str:
    """Whose folder the folder of the word is in; nobody's, if it is in the corpus itself."""
    above = path.parent.parent
    return "" if path.parent == folder or above == folder else str(above.relative_to(folder))
