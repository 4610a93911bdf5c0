"""Read the takes of the words to enrol, and leave out what is no take of a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.decision.templates import MAX_TAKES
from edge.enroll.enrolled_model import OTHER
from edge.errors import EdgeError, RecordingError
from edge.formats.sound import find, read
from edge.takes.sound.endpoints import Segment, find_segments

MAX_FILE_S = 10.0  # of a take: one word and the quiet around it
MIN_WORD_S, MAX_WORD_S = 0.12, 3.0
MIN_PART_ENERGY = 0.02  # of the loudest segment: a softer one is a breath or a knock
MAX_PAUSE_S = 0.6  # between the parts of a phrase
MIN_PEAK = 0.003  # of full scale: -50 dB
FULL_SCALE = 0.999
MAX_CLIPPED = 0.002  # share of the samples of the word
MAX_WORDS = 50
MAX_OTHERS = 100  # recordings without any of the words
MAX_NAME = 40  # characters

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class WordTake:
    path: Path
    samples: Samples = field(repr=False)
    start: float
    end: float
    """Of the word, in seconds."""


@dataclass(frozen=True)
class Takes:
    words: dict[str, list[WordTake]]
    left_out: list[str]
    """A sentence for each recording that is not used."""
    others: list[WordTake] = field(default_factory=list)
    """Recordings in which none of the words may be detected."""


def read_takes(folder: Path, rate: int, words: Sequence[str] | None = None) -> Takes:
    """Return the takes in FOLDER/<word>/; EdgeError if there is a word without any.

    `words`: only these. Recordings in FOLDER/unknown/ hold none of the words.
    """
    if not folder.is_dir():
        raise EdgeError(f"{folder} is no folder: give one with a folder of takes for each word")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    names = [name for name in names if not name.startswith((".", "_")) and name != OTHER]
    chosen = names if words is None else list(words)
    missing = [word for word in chosen if word not in names]
    if missing or not chosen:
        which = f"{folder} has no folder {missing[0]!r}" if missing else f"{folder} has no folders"
        raise EdgeError(f"{which}: put the takes of each word into a folder with its name")
    if len(chosen) > MAX_WORDS:
        raise EdgeError(f"{folder} has {len(chosen)} words: at most {MAX_WORDS} can be enrolled")
    found: dict[str, list[WordTake]] = {}
    left_out: list[str] = []
    for word in chosen:
        if len(word) > MAX_NAME or not word.isprintable() or word == OTHER:
            raise EdgeError(f"{word!r} cannot be the name of a word: rename the folder")
        found[word], unusable = [], []
        paths = find([folder / word])
        if len(paths) > MAX_TAKES:
            left_out.append(
                f"{folder / word} has {len(paths)} takes: only the first {MAX_TAKES} are used"
            )
        for path in paths[:MAX_TAKES]:
            try:
                found[word].append(read_take(path, rate))
            except (EdgeError, OSError) as error:
                unusable.append((path, _reason(error)))
        if not unusable and not found[word]:
            raise EdgeError(f"there is no take of {word!r} in {folder / word}: record some")
        if not found[word]:
            path, reason = unusable[-1]
            raise EdgeError(f"no take of {word!r} can be used: {path} {reason}")
        left_out += [f"{path} left out: it {reason}" for path, reason in unusable]
    return Takes(found, left_out, _read_others(folder / OTHER, rate, left_out))


def _read_others(folder: Path, rate: int, left_out: list[str]) -> list[WordTake]:
    """The recordings in a folder, whole, whatever they hold; the newest if there are too many."""
    others = []
    paths = find([folder]) if folder.is_dir() else []
    for path in sorted(paths, key=lambda path: path.stat().st_mtime)[-MAX_OTHERS:]:
        try:
            samples = read(path, rate, MAX_FILE_S).samples
            others.append(WordTake(path, samples, 0.0, len(samples) / rate))
        except (EdgeError, OSError) as error:
            left_out.append(f"{path} left out: it {_reason(error)}")
    return others


def _reason(error: EdgeError | OSError) -> str:
    """What is wrong with a recording, as the end of a sentence about it."""
    if isinstance(error, EdgeError):
        return str(error)
    return f"cannot be read: {error.strerror or error}"


def read_take(path: Path, rate: int) -> WordTake:
    """Return a take; RecordingError if it is no take of a word.

    The message is what is wrong, without the name of the file: "is silent".
    """
    samples = read(path, rate, MAX_FILE_S).samples
    peak = float(np.abs(samples).max(initial=0))
    if not peak:
        raise RecordingError("is silent: is the microphone muted?")
    if peak < MIN_PEAK:
        raise RecordingError("is too soft: come nearer to the microphone")
    parts = _word_parts(find_segments(samples, rate))
    if not parts:
        raise RecordingError("has no word that stands out of its noise")
    start, end = parts[0].start, parts[-1].end
    if end - start < MIN_WORD_S:
        raise RecordingError(
            f"has a word of {1000 * (end - start):.0f} ms, which is too short to know it by"
        )
    if end - start > MAX_WORD_S:
        raise RecordingError(
            f"has a phrase of {end - start:.1f} s, which is too long: choose one of up to "
            f"{MAX_WORD_S:g} s"
        )
    word = samples[round(start * rate) : round(end * rate)]
    if np.mean(np.abs(word) >= FULL_SCALE) > MAX_CLIPPED:
        raise RecordingError("is clipped: speak softer, or move away from the microphone")
    return WordTake(path, samples, start, end)


def _word_parts(segments: Sequence[Segment]) -> list[Segment]:
    """Return the segments of the word or phrase: the loudest, and loud ones near to it."""
    if not segments:
        return []
    at = max(range(len(segments)), key=lambda k: segments[k].energy)
    loud = MIN_PART_ENERGY * segments[at].energy
    first = last = at
    while first and _continues(segments[first - 1], segments[first], segments[first - 1], loud):
        first -= 1
    while last + 1 < len(segments) and _continues(
        segments[last], segments[last + 1], segments[last + 1], loud
    ):
        last += 1
    return list(segments[first : last + 1])


def _continues(before: Segment, after: Segment, part: Segment, loud: float) -> bool:
    return after.start - before.end <= MAX_PAUSE_S and part.energy >= loud
