"""Hours of sound of which is known when each word was said: made of clips, or recorded.

Made: words of the given clips, as many that a model must not take for one of its own, each
followed by a gap, over a bed of noise; and now and then nothing but noise. Which word comes when
depends on the seed alone, so every noise level has the same words at the same times.
"""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.takes.sound.endpoints import word_span
from training.sound.data.clip_files import Spoken
from training.sound.data.folder_layouts import spelled
from training.sound.data.recordings import load_samples

GAP_S = (0.5, 4.0)  # s from a word's end to the next word's start
TALK_S, NOISE_S = 150.0, 30.0  # how long there are words, how long there is nothing but noise
FADE_S = 0.02  # at the edges of a clip, whose own noise must not begin with a click
LEVEL = 0.05  # rms of a word in noise: -26 dB of full scale
ROOM = 3e-4  # rms of the hiss of a quiet room and its microphone: -70 dB
ALONE_DB = 10.0  # how far below a word noise is, where words come in quiet and noise alone
RATE = 16000
BLOCK_S = 10.0
SEAM_S = 0.5  # in which a noise gives way to the next

Sounds = NDArray[np.float32]


@dataclass(frozen=True)
class Word:
    """A word in long audio."""

    start: float
    end: float
    """Seconds from the beginning."""
    word: str
    clip: str = ""
    """What it was made of: the same clip, played again, tells little that is new."""


class LongAudio(ABC):
    """Something to listen to, and what is said in it."""

    name: str
    words: list[Word]
    seconds: float
    rate: int

    @abstractmethod
    def blocks(self) -> Iterator[Sounds]:
        """The sound, some seconds at a time."""


@dataclass(frozen=True)
class Recorded(LongAudio):
    """A recording, and beside it a table (.csv) with start, end and word of all that is said."""

    name: str
    words: list[Word] = field(repr=False)
    seconds: float
    rate: int
    path: Path

    @classmethod
    def open(cls, path: Path, rate: int = RATE) -> Recorded:
        samples = load_samples(path, rate)
        table = path.with_suffix(".csv")
        if not table.is_file():
            raise RecordingError(
                f"{path} has no {table.name} beside it: write a table with the columns start, "
                "end (in seconds) and word"
            )
        seconds = len(samples) / rate
        words = sorted(_annotations(table, seconds), key=lambda word: word.start)
        return cls(path.name, words, seconds, rate, path)

    def blocks(self) -> Iterator[Sounds]:
        samples, block = load_samples(self.path, self.rate), round(BLOCK_S * self.rate)
        for start in range(0, len(samples), block):
            yield samples[start : start + block]


def _annotations(table: Path, seconds: float) -> Iterator[Word]:
    for number, row in _rows(table):
        try:
            word = Word(float(row["start"]), float(row["end"]), spelled(row["word"].strip()))
            if not 0 <= word.start < word.end <= seconds + 0.5 or not word.word:
                raise ValueError
        except (ValueError, TypeError, AttributeError):
            raise RecordingError(
                f"{table}, line {number}: needs start, end and word, with "
                f"0 <= start < end <= {seconds:.1f} s"
            ) from None
        yield word


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    """Each with the number of its line."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if not {"start", "end", "word"} <= set(reader.fieldnames or ()):
                raise RecordingError(
                    f"{table} needs the columns start, end (in seconds) and word, named in its "
                    "first line"
                )
            return [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error):
        raise RecordingError(f"{table} is no table: write it as UTF-8, comma-separated") from None


@dataclass(frozen=True)
class _Said:
    """Which clip is laid where."""

    clip: Spoken
    at: float
    """When the clip begins; its word begins later."""
    length: float
    span: tuple[float, float]
    """The word, within the clip."""


@dataclass(frozen=True)
class Made(LongAudio):
    """Words laid over noise."""

    name: str
    words: list[Word] = field(repr=False)
    seconds: float
    rate: int
    snr: float | None
    """dB of each word above the noise; None where words stand as they were recorded, in quiet."""
    said: list[_Said] = field(repr=False)
    noise: Sequence[Sounds] = field(repr=False)
    seed: int

    def blocks(self) -> Iterator[Sounds]:
        bed = self._bed()
        length, block = round(self.seconds * self.rate), round(BLOCK_S * self.rate)
        waiting, sounding = list(reversed(self.said)), []
        for start in range(0, length, block):
            mixed = bed(start, min(block, length - start))
            end_s = (start + len(mixed)) / self.rate
            while waiting and waiting[-1].at < end_s:
                sounding.append(waiting.pop())
            for said in sounding:
                _add(mixed, self._voice(said), round(said.at * self.rate) - start)
            sounding = [said for said in sounding if said.at + said.length >= end_s]
            yield np.clip(mixed, -1, 1, out=mixed)

    def _voice(self, said: _Said) -> Sounds:
        samples = load_samples(said.clip.path, self.rate).copy()
        fade = np.linspace(0, 1, min(round(FADE_S * self.rate), len(samples)), dtype=np.float32)
        samples[: len(fade)] *= fade
        samples[len(samples) - len(fade) :] *= fade[::-1]
        if self.snr is None:
            return samples
        start, end = (round(t * self.rate) for t in said.span)
        return samples * np.float32(LEVEL / max(_rms(samples[start:end]), 1e-6))

    def _bed(self) -> Callable[[int, int], Sounds]:
        """What is heard behind the words, by first sample and length: the same at every call."""
        rng = np.random.default_rng([self.seed, 1])
        hiss = (rng.standard_normal(10 * self.rate) * ROOM).astype(np.float32)
        noise = _seamless(self.noise, self.rate) if self.noise else hiss
        below = ALONE_DB if self.snr is None else self.snr
        noise = noise * np.float32(LEVEL * 10 ** (-below / 20) / max(_rms(noise), 1e-9))
        shift = int(rng.integers(len(noise)))
        cycle, talk = TALK_S + NOISE_S, TALK_S

        def bed(start: int, length: int) -> Sounds:
            k = np.arange(start, start + length)
            mixed = hiss[k % len(hiss)].copy()
            if self.noise:
                loud = noise[(k + shift) % len(noise)]
                if self.snr is None:
                    loud = np.where((k / self.rate) % cycle < talk, np.float32(0), loud)
                mixed += loud
            return mixed

        return bed


def make(
    clips: Sequence[Spoken],
    targets: Collection[str],
    noise: Sequence[Sounds],
    seconds: float,
    snrs: Sequence[float | None],
    seed: int = 0,
    rate: int = RATE,
    gap: tuple[float, float] = GAP_S,
    times: int = 1,
) -> list[Made]:
    """The same words at the same times at each noise level.

    Words that are no target come as often as those that are; each clip comes once before any
    comes twice, but is said so many `times` in a row. `gap` is from least to most. RecordingError
    if nobody says a target.
    """
    missing = sorted(set(targets) - {clip.word for clip in clips})
    if missing:
        raise RecordingError(f"nobody says {', '.join(missing)} in these clips: add some")
    rng = np.random.default_rng(seed)
    wanted = _in_turn([clip for clip in clips if clip.word in targets], rng)
    other = [clip for clip in clips if clip.word not in targets]
    others = _in_turn(other, rng) if other else wanted
    said: list[_Said] = []
    words: list[Word] = []
    t = float(rng.uniform(*gap))
    while True:
        if len(said) % times == 0:
            clip = next(wanted if rng.random() < 0.5 else others)
        length, span = len(load_samples(clip.path, rate)) / rate, _word_span(clip.path, rate)
        if t % (TALK_S + NOISE_S) + (span[1] - span[0]) > TALK_S:
            t = (t // (TALK_S + NOISE_S) + 1) * (TALK_S + NOISE_S) + float(rng.uniform(*gap))
        at = max(0.0, t - span[0])
        if at + length > seconds:
            break
        said.append(_Said(clip, at, length, span))
        words.append(Word(at + span[0], at + span[1], clip.word, str(clip.path)))
        t = words[-1].end + float(rng.uniform(*gap))
    said.sort(key=lambda one: one.at)
    return [
        Made(
            "clean" if snr is None else f"{snr:g} dB", words, seconds, rate, snr, said, noise, seed
        )
        for snr in snrs
    ]


def _in_turn(clips: Sequence[Spoken], rng: np.random.Generator) -> Iterator[Spoken]:
    """All of them in random order, and again in another."""
    while True:
        for k in rng.permutation(len(clips)):
            yield clips[k]


@cache
def _word_span(path: Path, rate: int) -> tuple[float, float]:
    return word_span(load_samples(path, rate), rate)


def _add(mixed: Sounds, voice: Sounds, at: int) -> None:
    """Lay what of the voice falls into this block."""
    begin, end = max(0, at), min(len(mixed), at + len(voice))
    if begin < end:
        mixed[begin:end] += voice[begin - at : end - at]


def _rms(samples: Sounds) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if len(samples) else 0.0


def _seamless(noise: Sequence[Sounds], rate: int) -> Sounds:
    """One after the other, each as loud, and the last passing into the first."""
    seam = min(round(SEAM_S * rate), *(len(part) // 2 for part in noise))
    rise = np.sin(np.linspace(0, np.pi / 2, seam)).astype(np.float32)
    even = [part / np.float32(max(_rms(part), 1e-9)) for part in noise]
    joined = []
    for part, before in zip(even, [even[-1], *even[:-1]], strict=True):
        joined.append(part[:seam] * rise + before[-seam:] * rise[::-1])
        joined.append(part[seam : len(part) - seam])
    return np.concatenate(joined)
