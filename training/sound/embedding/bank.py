"""The bank: embeddings of other people's words, of talk and of noise, for the calibration of
enrolled words."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.decision.template_matching import unit_rows
from edge.decision.templates import LEVELS
from edge.enroll.embedding import Embedding
from edge.enroll.embedding_file import CODES_PER_BOOK, Bank, Segment
from edge.takes.sound.endpoints import word_span
from training.sound.data.clip_files import LabelledClip
from training.sound.data.recordings import load_samples
from training.sound.speech.espeak import VARIANTS, load_espeak
from training.sound.speech.spoken import RATE
from training.sound.speech.vocabulary import english_words

log = logging.getLogger(__name__)

PARTS = 4  # of an embedding, each with a code book of its own
ITERATIONS = 12  # of k-means
TALK_LANGUAGES = ("en-us", "en-gb-x-rp", "en-gb-scotland", "de", "es", "fr", "it")
PHRASE_WORDS = (3, 9)
MARGIN_S = 0.12  # around the words of people
SPEECH_RMS = 0.05
NOISY_SHARE, SNR_DB = 0.4, (8.0, 25.0)

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class BankConfig:
    people_minutes: float = 26.0
    talk_minutes: float = 14.0
    noise_minutes: float = 3.0
    seed: int = 1


@dataclass(frozen=True)
class _Part:
    samples: Samples
    word: str = ""


def make_bank(
    embedding: Embedding,
    clips: Sequence[LabelledClip],
    noise_files: Sequence[Path],
    kept_out: Sequence[str],
    config: BankConfig,
) -> Bank:
    """Return the bank; no kept-out word is said in it."""
    rng = np.random.default_rng(config.seed)
    noises = [load_samples(path, RATE) for path in noise_files]
    parts = [
        *_people(clips, noises, config.people_minutes, rng),
        *_talk(kept_out, noises, config.talk_minutes, rng),
        *_noise(noises, config.noise_minutes, rng),
    ]
    samples = np.concatenate([part.samples for part in parts])
    hiss = 3e-4 * rng.standard_normal(len(samples))
    rows = embedding.front_end.frames((samples + hiss).astype(np.float32))
    embeddings = unit_rows(embedding.of_rows(rows))
    step_s, start_s, segments = embedding.step_s, embedding.file.delay_s, []
    for part in parts:
        segments.append(Segment(min(round(start_s / step_s), len(embeddings)), part.word))
        start_s += len(part.samples) / RATE
    log.info("bank: %.0f minutes in %d parts", len(embeddings) * step_s / 60, len(parts))
    books, codes = _product_codes(embeddings, rng)
    return Bank(books, codes, tuple(_joined(segments)))


def _people(
    clips: Sequence[LabelledClip],
    noises: Sequence[Samples],
    minutes: float,
    rng: np.random.Generator,
) -> Iterator[_Part]:
    seconds = 0.0
    for at in rng.permutation(len(clips)):
        if seconds > 60 * minutes:
            return
        samples = load_samples(clips[at].path, RATE)
        start, end = word_span(samples, RATE)
        samples = samples[round(max(0.0, start - MARGIN_S) * RATE) : round((end + MARGIN_S) * RATE)]
        seconds += len(samples) / RATE
        yield _Part(_in_noise(samples, noises, rng), clips[at].word)


def _talk(
    kept_out: Sequence[str],
    noises: Sequence[Samples],
    minutes: float,
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
        seconds += len(samples) / RATE
        yield _Part(_in_noise(samples, noises, rng))


def _noise(noises: Sequence[Samples], minutes: float, rng: np.random.Generator) -> Iterator[_Part]:
    for noise in noises:
        length = min(len(noise), round(60 * minutes * RATE / len(noises)))
        yield _Part(noise[:length])


def _in_noise(samples: Samples, noises: Sequence[Samples], rng: np.random.Generator) -> Samples:
    if not noises or rng.random() >= NOISY_SHARE:
        return samples
    noise = noises[int(rng.integers(len(noises)))]
    first = int(rng.integers(max(1, len(noise) - len(samples))))
    noise = np.resize(noise[first : first + len(samples)], len(samples))
    level = np.sqrt(np.mean(samples**2)) * 10 ** (-rng.uniform(*SNR_DB) / 20)
    level /= max(np.sqrt(np.mean(noise**2)), 1e-6)
    return (samples + noise * level).astype(np.float32)


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
        centers = part[rng.choice(len(part), CODES_PER_BOOK, replace=len(part) < CODES_PER_BOOK)]
        for _ in range(ITERATIONS):
            nearest = _nearest(part, centers)
            counts = np.bincount(nearest, minlength=CODES_PER_BOOK)
            sums = np.zeros_like(centers)
            np.add.at(sums, nearest, part)
            used = counts > 0
            centers[used] = sums[used] / counts[used, None]
        book = np.rint(centers * LEVELS).astype(np.int8)
        books.append(book)
        codes.append(_nearest(part, book.astype(np.float32) / np.float32(LEVELS)).astype(np.uint8))
    return np.stack(books), np.stack(codes, axis=1)


def _nearest(rows: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.int64]:
    squares = np.sum(centers**2, axis=1)
    chunks = np.array_split(rows, max(1, len(rows) // 8192))
    return np.concatenate([(squares - 2 * chunk @ centers.T).argmin(axis=1) for chunk in chunks])
