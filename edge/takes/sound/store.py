"""Where takes of words go, named so that training knows word and speaker; nothing is overwritten.

`<word>/<speaker>_nohash_<n>.wav` as in Speech Commands, `<digit>/<digit>_<speaker>_<n>.wav` for
digits.
"""

from __future__ import annotations

import filecmp
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.sound.wav_writer import write_wav
from edge.takes.motion.store import name_file
from edge.takes.sound.capture import RATE


class HeardBefore(RecordingError):
    """No two takes are the same to the sample: a recording is played a second time."""


def count(folder: Path, word: str, speaker: str) -> int:
    """How many takes of the word this speaker has there."""
    start = _stem(word, speaker)
    taken = (folder / word).glob("*.wav")
    return sum(p.stem.startswith(start) and p.stem[len(start) :].isdecimal() for p in taken)


def save(samples: NDArray[np.float32], folder: Path, word: str, speaker: str) -> Path:
    """The new file, whole or not at all.

    HeardBefore if the very same sound of this speaker is there, perhaps as another word.
    """
    (folder / word).mkdir(parents=True, exist_ok=True)
    start, number = _stem(word, speaker), 0
    unfinished = folder / word / f".{start}{os.getpid()}.whole"
    try:
        write_wav(unfinished, samples, RATE)
        for path in folder.glob(f"*/*{speaker}_*.wav"):
            if path.is_file() and filecmp.cmp(path, unfinished, shallow=False):
                raise HeardBefore(f"this very sound is {path} already")
        while True:
            path = folder / word / f"{start}{number}.wav"
            try:
                name_file(unfinished, path)
                return path
            except FileExistsError:
                number += 1
    finally:
        unfinished.unlink(missing_ok=True)


def _stem(word: str, speaker: str) -> str:
    return f"{word}_{speaker}_" if word in "0123456789" else f"{speaker}_nohash_"
