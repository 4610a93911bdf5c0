"""Characters that people wrote with a pen: the corpora of a folder `pen_strokes`, split by writer.

A writer's digits and letters are all in one part: TRAIN is trained on, VALIDATION chooses the
thresholds, TEST is only reported.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from training.motion.people.pen_line import PenLine, join_strokes

DIGIT_CORPORA = ("unipen_digits", "pendigits")
LETTER_CORPORA = ("unipen_upper", "unipen_lower")
# Its licence is not stated: it is never trained on.
EVALUATION_CORPUS = "digilets"
SUFFIX = ".jsonl.gz"

LOOKALIKES = frozenset("OIZSBGDQJoilzsbgqyjt")
"""Letters that look like a digit: they are neither trained nor counted as `none`."""
AS_DIGIT = {"O": "0", "o": "0", "Z": "2", "z": "2", "S": "5", "s": "5"}
"""Letters that are trained as a digit: a circle is a 0."""

TRAIN, VALIDATION, TEST = "train", "validation", "test"
TRAIN_PERCENT, VALIDATION_PERCENT = 70, 15  # of the writers; the others are TEST


@dataclass(frozen=True)
class Character:
    """One character of a corpus."""

    pen: PenLine
    label: str
    writer: str
    part: str
    corpus: str


def part_of(writer: str) -> str:
    """The part of a writer, the same in every run."""
    percent = int(hashlib.sha256(writer.encode()).hexdigest(), 16) % 100
    if percent < TRAIN_PERCENT:
        return TRAIN
    return VALIDATION if percent < TRAIN_PERCENT + VALIDATION_PERCENT else TEST


def pen_folder(folders: Sequence[str]) -> Path | None:
    """The first folder that holds pen corpora."""
    corpora = (*DIGIT_CORPORA, *LETTER_CORPORA, EVALUATION_CORPUS)
    for folder in map(Path, folders):
        if any((folder / f"{name}{SUFFIX}").exists() for name in corpora):
            return folder
    return None


@lru_cache(maxsize=8)
def read_corpus(folder: Path, name: str) -> tuple[Character, ...]:
    """All characters of one corpus; none if the folder lacks it."""
    path = folder / f"{name}{SUFFIX}"
    return tuple(_characters(path, name)) if path.exists() else ()


def _characters(path: Path, corpus: str) -> Iterator[Character]:
    with gzip.open(path, "rt") as file:
        for text in file:
            row = json.loads(text)
            strokes = [np.array(points, float) for down, points in row["comp"] if down and points]
            pen = join_strokes(strokes)
            if pen is not None:
                writer = f"{row['src']}/{row['writer']}"
                part = TEST if corpus == EVALUATION_CORPUS else part_of(writer)
                yield Character(pen, row["label"], writer, part, corpus)
