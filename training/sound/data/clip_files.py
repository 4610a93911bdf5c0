"""Which recordings of words there are, and who speaks in them: what is scored, not learnt from."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import RecordingError
from training.sound.data.folder_layouts import DIGIT_WORDS, named
from training.sound.data.leakage import refuse_leakage

log = logging.getLogger(__name__)

TRAIN = "train"
OTHERWISE = ("unknown", "none")  # labels of what is none of the model's words


@dataclass(frozen=True)
class Spoken:
    """A recording of one word."""

    path: Path
    word: str
    speaker: str = ""


def spoken(
    places: Sequence[str | Path], split: str | None = None, speakers: Collection[str] = ()
) -> list[Spoken]:
    """Recordings below folders, or of lists (index.csv), of a split and of certain speakers.

    RecordingError when there are none, or when a list has somebody of theirs in its training.
    """
    found = [one for place in places for one in _in(Path(place), split)]
    found = list({os.path.realpath(one.path): one for one in found}.values())  # each once
    if speakers:
        found = [one for one in found if one.speaker in speakers]
    if not found:
        chosen = [f"the split {split!r}"] if split else []
        chosen += [f"the speakers {', '.join(sorted(speakers))}"] if speakers else []
        only = f" for {' and '.join(chosen)}" if chosen else ""
        raise RecordingError(f"{', '.join(map(str, places))}: no recordings{only}")
    return found


def _in(place: Path, split: str | None) -> list[Spoken]:
    folder = place.parent if place.name == "index.csv" else place
    names = list(named(folder))
    splits = {name.split for name in names} - {""}
    if split and splits and split not in splits:
        raise RecordingError(f"{place} has no split {split!r}, but {', '.join(sorted(splits))}")
    # A corpus without splits is given by whoever knows that its speakers were not trained on.
    chosen = [name for name in names if not split or name.split in (split, "")]
    if split and split != TRAIN:
        learnt = (name.speaker for name in names if name.split == TRAIN)
        refuse_leakage(learnt, (name.speaker for name in chosen))
    return [Spoken(name.path, name.word, name.speaker) for name in chosen]


def label_of(word: str, labels: Sequence[str]) -> str:
    """What a model with these labels should say to a word."""
    if word not in labels and word in DIGIT_WORDS:
        word = str(DIGIT_WORDS.index(word))
    if word in labels:
        return word
    for otherwise in OTHERWISE:
        if otherwise in labels:
            return otherwise
    raise RecordingError(
        f"the model does not know {word!r}, nor has it a label for what it does not know: "
        f"leave it out, its words are {', '.join(labels)}"
    )
