"""Writes takes of words to files whose names tell training the word and the speaker.

`<word>/<speaker>_nohash_<n>.wav` as in Speech Commands, `<digit>/<digit>_<speaker>_<n>.wav` for
digits. No file is ever overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.atomic_write import write_new_file
from edge.formats.sound.wav_writer import wav_bytes
from edge.takes.sound.capture import RATE

# After the first letter other characters are allowed too: many vowel signs of written languages are
# not letters.
WORD = re.compile(r"[0-9]+|[^\W\d_][^/\\._]{0,39}")
SPEAKER = re.compile(r"[^\W\d_](-|[^\W_]){0,39}")


class DuplicateTake(RecordingError):
    """A file with the same samples exists: a recording was played a second time."""


def count_takes(folder: Path, word: str, speaker: str) -> int:
    """Return the number of takes of the word by this speaker in the folder."""
    stem = _stem(word, speaker)
    files = (folder / word).glob("*.wav")
    return sum(p.stem.startswith(stem) and p.stem[len(stem) :].isdecimal() for p in files)


def is_word(text: str) -> bool:
    """Whether takes can have this label, which is the name of their folder."""
    return WORD.fullmatch(text) is not None and text.isprintable()


def save_take(samples: NDArray[np.float32], folder: Path, word: str, speaker: str) -> Path:
    """Write a new file and return its path.

    Raise DuplicateTake if this speaker has a take with the same samples, of this or another word.
    """
    (folder / word).mkdir(parents=True, exist_ok=True)
    data = wav_bytes(samples, RATE)
    for path in folder.glob(f"*/*{speaker}_*.wav"):
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            raise DuplicateTake(f"the same take is already saved as {path}")
    return write_new_file(take_paths(folder, word, speaker), data)


def take_paths(folder: Path, word: str, speaker: str) -> Iterator[Path]:
    """Yield the paths that the next takes of the word by this speaker may have."""
    stem = _stem(word, speaker)
    yield from (folder / word / f"{stem}{number}.wav" for number in count())


def speaker_of(path: Path) -> str:
    """Return the speaker of a saved take, from its name; "" if it has another form."""
    stem = path.stem.rpartition("_")[0]
    return stem.removesuffix("_nohash") if stem.endswith("_nohash") else stem.partition("_")[2]


def _stem(word: str, speaker: str) -> str:
    return f"{word}_{speaker}_" if word in "0123456789" else f"{speaker}_nohash_"
