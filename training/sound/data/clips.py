"""Clips: the log-mel spectra of recorded words, and what is known about each recording."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.common.licences import SPOKEN
from training.sound.data.stored_rows import AnyRows, concatenate_rows

LARGE_CORPUS = 100  # speakers from which on a corpus is large


@dataclass(frozen=True)
class Clips:
    """n clips of one second; every field is an array with one entry for each clip."""

    rows: AnyRows
    """(n, ROWS, BANDS) log-mel spectra of type float16, a row every 10 ms."""
    word: NDArray[np.str_]
    speaker: NDArray[np.str_]
    """Empty if unknown."""
    corpus: NDArray[np.str_]
    """The name of the folder."""
    split: NDArray[np.str_]
    """train, val or test if the corpus says so, else empty."""
    path: NDArray[np.str_] = field(repr=False)
    """Empty if the clip is synthetic."""
    image_only: NDArray[np.bool_] = field(repr=False)
    """There is an image of the spectrum only, no sound."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, which: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Clips:
        return Clips(**{name: values[which] for name, values in vars(self).items()})

    def class_numbers(self, labels: Sequence[str], other: str) -> NDArray[np.int64]:
        """Return the class of each clip; words that are no label belong to the class `other`."""
        number = {label: k for k, label in enumerate(labels)}
        return np.array([number.get(word, number[other]) for word in self.word], np.int64)


def concatenate(parts: Sequence[Clips]) -> Clips:
    names = set(vars(parts[0])) - {"rows"}
    return Clips(
        concatenate_rows([part.rows for part in parts]),
        **{name: np.concatenate([vars(part)[name] for part in parts]) for name in names},
    )


def large_corpora(clips: Clips) -> list[str]:
    """Return the corpora with so many speakers that a network learns words, not speakers.

    Machine voices, which are much alike, do not count as speakers.
    """
    return [
        str(corpus)
        for corpus in np.unique(clips.corpus[~by_machine(clips)])
        if len(set(clips.speaker[clips.corpus == corpus]) - {""}) >= LARGE_CORPUS
    ]


def by_machine(clips: Clips) -> NDArray[np.bool_]:
    """Return which clips machine voices say (`--speak`)."""
    return np.char.startswith(clips.corpus, SPOKEN)


def said_by_machine_only(words: Collection[str], clips: Clips) -> bool:
    """Return whether there are recordings of the words, and all of them by machine voices."""
    said = clips[np.isin(clips.word, list(words)) & (clips.path != "")]
    return len(said) > 0 and bool(by_machine(said).all())
