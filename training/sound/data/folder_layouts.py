"""Folder layouts: how paths say which word a recording contains, and who speaks.

Three layouts are understood: a folder with an index.csv; one folder for each word, in any language,
which may lie in one folder for each speaker; and, without folders for words, files whose names
begin with a digit and `_`. Each may lie in folders `train` and `test`. The split lists and
the noise folder of Speech Commands are respected.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from edge.errors import RecordingError
from edge.formats.sound import find
from training.sound.data.clip_files import LECTURE_NAME, LabelledClip, speaker_of
from training.sound.data.lists import (
    INDEX,
    SPLIT_NAMES,
    ListKey,
    list_key,
    read_index,
    read_split_lists,
)
from training.sound.data.words import corpus_word

log = logging.getLogger(__name__)

NOISE_FOLDER = "_background_noise_"


def find_clip_files(folder: Path) -> Iterator[LabelledClip]:
    """Yield every recording of a word below a folder.

    Raises RecordingError if there is no such folder, or if its lists cannot be read.
    """
    if not folder.is_dir():
        problem = "is no folder" if folder.exists() else "does not exist"
        raise RecordingError(f"{folder} {problem}: give a folder with a folder for each word")
    if (folder / INDEX).is_file():
        yield from read_index(folder)
        return
    split_of = read_split_lists(folder)
    missing = set(split_of)
    paths = [path for path in find([folder]) if path.parent.name != NOISE_FOLDER]
    word_folders = _word_folders(folder, paths)
    single_folder = len({path.parent for path in paths}) == 1
    for path in paths:
        key = list_key(path)
        missing.discard(key)
        split_folder = _split_folder(path, folder)
        found = _word_and_speaker(path, split_folder or folder, word_folders, single_folder)
        if found is None:
            log.warning("%s: left out, as neither its folder nor its name says a word", path)
            continue
        split = split_of.get(key, "train" if split_of else "")
        if split_folder and not split_of:
            split = SPLIT_NAMES[split_folder.name.lower()]
        yield LabelledClip(path, *found, split)
    if missing:
        _warn_of_missing(folder, missing)


def _split_folder(path: Path, folder: Path) -> Path | None:
    """Return the folder `train`, `val` or `test` that a recording is in, if there are `train` and
    another one, as in the lecture's SoundDigit."""
    first = path.relative_to(folder).parts[0]
    if first.lower() not in SPLIT_NAMES or path.parent == folder:
        return None
    beside = {SPLIT_NAMES.get(one.name.lower()) for one in folder.iterdir() if one.is_dir()}
    return folder / first if "train" in beside and len(beside - {None}) > 1 else None


def find_noise_files(folders: Sequence[str | Path]) -> list[Path]:
    """Return the recordings in the noise folders of the corpora, which contain no speech."""
    without_index = [folder for folder in folders if not (Path(folder) / INDEX).is_file()]
    return [path for path in find(without_index) if path.parent.name == NOISE_FOLDER]


def _word_folders(folder: Path, paths: Sequence[Path]) -> set[Path]:
    """Return the folders named after a word, and warn of folders with names as in the lecture.

    In a folder named after a word, a number at the beginning of a file name counts the takes. In a
    folder where most names are like 4_017, the number is the word.
    """
    votes = Counter[Path]()
    for path in paths:
        votes[path.parent] += 1 if LECTURE_NAME.fullmatch(path.stem) else -1
    word_folders = {parent for parent, more in votes.items() if more <= 0}
    for numbered in sorted(set(votes) - word_folders - {folder}):
        log.warning("%s: its recordings are digits by their names, as 4_017 is a four", numbered)
    return word_folders


def _word_and_speaker(
    path: Path, folder: Path, word_folders: Collection[Path], single_folder: bool
) -> tuple[str, str] | None:
    """Return the word and the speaker of a recording; None if its path says no word."""
    digit, speaker = re.fullmatch(r"(\d)_(.*)", path.stem), speaker_of(path.stem)
    # A folder that holds all files, or that is named after the speaker, is not named after a word.
    not_a_word = path.parent == folder or (
        speaker and (single_folder or path.parent.name == speaker)
    )
    lecture_name = path.parent not in word_folders and LECTURE_NAME.fullmatch(path.stem)
    if digit and (not_a_word or lecture_name):
        return corpus_word(digit[1]), speaker
    if path.parent != folder:
        return corpus_word(path.parent.name), speaker or _speaker_folder(path, folder)
    return None


def _speaker_folder(path: Path, folder: Path) -> str:
    """Return the folder that contains the word's folder; empty if that is the corpus itself."""
    above = path.parent.parent
    return "" if path.parent == folder or above == folder else str(above.relative_to(folder))


def _warn_of_missing(folder: Path, missing: Collection[ListKey]) -> None:
    word, stem = min(missing)
    log.warning(
        "%s: its lists name %d recordings that are missing, the first is %s/%s",
        *(folder, len(missing), word, stem),
    )
