"""The bank: embeddings of other people's words, of talk and of noise, for the calibration of
enrolled words."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.decision.template_matching import Fillers, unit_rows
from edge.decision.templates import LEVELS, stored_take
from edge.enroll.embedding import Embedding
from edge.enroll.embedding_file import CODES_PER_BOOK, Bank, Segment
from training.sound.data.clips import Clips
from training.sound.data.recordings import load_samples
from training.sound.speech.espeak import VARIANTS, load_espeak
from training.sound.speech.spoken import RATE
from training.sound.speech.vocabulary import english_words

log = logging.getLogger(__name__)

FILLERS, FILLER_WEIGHT = 64, 0.5
PARTS = 16  # of an embedding, each with a code book of its own. With 4 parts, distances to the bank
# are 0.05 larger than to the speech itself, and the thresholds accept ten times as much speech.
ITERATIONS = 12  # of k-means
TALK_LANGUAGES = ("en-us", "en-gb-x-rp", "en-gb-scotland", "de", "es", "fr", "it")
PHRASE_WORDS = (3, 9)
SPEECH_RMS, HISS = 0.05, 3e-4
ROW_MS = 10  # from one row of a clip to the next
LOUD_SHARE = 0.2  # of the rows of a part: their level is that of the speech
NOISY_SHARE, SNR_DB = 0.4, (8.0, 25.0)

Samples = NDArray[np.float32]
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class BankConfig:
    people_minutes: float = 30.0
    talk_minutes: float = 6.0
    noise_minutes: float = 3.0
    seed: int = 1


@dataclass(frozen=True)
class _Part:
    rows: Rows
    """Of the spectrogram, a whole number of steps."""
    word: str = ""


def make_bank(
    embedding: Embedding,
    clips: Clips,
    noise_files: Sequence[Path],
    kept_out: Sequence[str],
    config: BankConfig,
) -> tuple[Bank, Fillers]:
    """Return the bank, in which no kept-out word is said, and the fillers: its centres."""
    rng = np.random.default_rng(config.seed)
    noises = [_rows(load_samples(path, RATE), embedding) for path in noise_files]
    parts = [
        *_people(clips, noises, config.people_minutes, embedding, rng),
        *_talk(kept_out, noises, config.talk_minutes, embedding, rng),
        *_noise(noises, config.noise_minutes, embedding),
    ]
    embeddings = unit_rows(embedding.of_rows(np.concatenate([part.rows for part in parts])))
    start, segments = round(embedding.file.delay_s / embedding.step_s), []
    for part in parts:
        segments.append(Segment(min(start, len(embeddings)), part.word))
        start += len(part.rows) // embedding.step
    log.info("bank: %.0f minutes in %d parts", len(embeddings) * embedding.step_s / 60, len(parts))
    books, codes = _product_codes(embeddings, rng)
    fillers = Fillers(stored_take(_centers(embeddings, FILLERS, rng)), FILLER_WEIGHT)
    return Bank(books, codes, tuple(_joined(segments))), fillers


def _rows(samples: Samples, embedding: Embedding) -> Rows:
    """Return the spectrogram, a whole number of steps."""
    return _whole_steps(embedding.front_end.frames(samples), embedding.step)


def _whole_steps(rows: Rows, step: int) -> Rows:
    return rows[: len(rows) // step * step]


def _people(
    clips: Clips,
    noises: Sequence[Rows],
    minutes: float,
    embedding: Embedding,
    rng: np.random.Generator,
) -> Iterator[_Part]:
    """Yield the recordings with sound, then images of the spectrum."""
    every = embedding.front_end.hop * 1000 // RATE // ROW_MS
    order = rng.permutation(len(clips))
    order = order[np.argsort(clips.image_only[order], kind="stable")]
    seconds = 0.0
    for at in order:
        if seconds > 60 * minutes:
            return
        rows = _whole_steps(clips.rows[at][::every].astype(np.float32), embedding.step)
        seconds += len(rows) / embedding.step * embedding.step_s
        yield _Part(_in_noise(rows, noises, rng), str(clips.word[at]))


def _talk(
    kept_out: Sequence[str],
    noises: Sequence[Rows],
    minutes: float,
    embedding: Embedding,
    rng: np.random.Generator,
) -> Iterator[_Part]:
    words, espeak, seconds = english_words(without=kept_out), load_espeak(), 0.0
    while seconds < 60 * minutes:
        phrase = " ".join(rng.choice(words, int(rng.integers(*PHRASE_WORDS))))
        voice = f"{rng.choice(TALK_LANGUAGES)}+{rng.choice(VARIANTS)}"
        pace, pitch = rng.integers((130, 20), (220, 80)).tolist()
        samples = espeak.say(phrase, voice, pace, pitch).samples
        if not samples.any():
            continue
        samples = samples * np.float32(SPEECH_RMS / np.sqrt(np.mean(samples**2)))
        hiss = HISS * rng.standard_normal(len(samples)).astype(np.float32)
        seconds += len(samples) / RATE
        yield _Part(_in_noise(_rows(samples + hiss, embedding), noises, rng))


def _noise(noises: Sequence[Rows], minutes: float, embedding: Embedding) -> Iterator[_Part]:
    for noise in noises:
        rows = round(60 * minutes / embedding.step_s / len(noises)) * embedding.step
        yield _Part(noise[:rows])


def _in_noise(rows: Rows, noises: Sequence[Rows], rng: np.random.Generator) -> Rows:
    if not noises or rng.random() >= NOISY_SHARE:
        return rows
    noise = noises[int(rng.integers(len(noises)))]
    first = int(rng.integers(max(1, len(noise) - len(rows))))
    noise = np.resize(noise[first : first + len(rows)], rows.shape)
    loud = np.sort(rows.mean(axis=1))[-max(1, round(LOUD_SHARE * len(rows))) :].mean()
    below = rng.uniform(*SNR_DB) * np.log(10) / 10
    return np.logaddexp(rows, noise - noise.mean() + loud - below).astype(np.float32)


def _joined(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Yield the segments without those that have the same word as the one before."""
    word = None
    for segment in segments:
        if segment.word != word:
            yield segment
        word = segment.word


def _product_codes(
    embeddings: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    books, codes = [], []
    for part in np.split(embeddings, PARTS, axis=1):
        centers = _centers(part, CODES_PER_BOOK, rng)
        book = np.rint(centers * LEVELS).astype(np.int8)
        books.append(book)
        codes.append(_nearest(part, book.astype(np.float32) / np.float32(LEVELS)).astype(np.uint8))
    return np.stack(books), np.stack(codes, axis=1)


def _centers(
    rows: NDArray[np.float32], count: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the centres of the clusters that k-means finds."""
    centers = rows[rng.choice(len(rows), count, replace=len(rows) < count)]
    for _ in range(ITERATIONS):
        nearest = _nearest(rows, centers)
        counts = np.bincount(nearest, minlength=count)
        used = counts > 0
        for column in range(rows.shape[1]):
            sums = np.bincount(nearest, rows[:, column], minlength=count)
            centers[used, column] = sums[used] / counts[used]
    return centers


def _nearest(rows: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.int64]:
    squares = np.sum(centers**2, axis=1)
    chunks = np.array_split(rows, max(1, len(rows) // 8192))
    return np.concatenate([(squares - 2 * chunk @ centers.T).argmin(axis=1) for chunk in chunks])
