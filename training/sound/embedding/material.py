"""The training material: log-mel rows of speech, with the phone of each row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.simulation.sound.room import Room
from training.common.cache import cache_key, cached_arrays
from training.common.progress import Progress
from training.sound.data.clips import Clips
from training.sound.data.load import load_clips
from training.sound.data.log_mel import FRONT_END
from training.sound.data.split import exclude_held_out
from training.sound.data.words import SILENCE, UNKNOWN
from training.sound.embedding.config import BANK_WORDS, KEPT_OUT, EmbeddingConfig
from training.sound.speech import flite
from training.sound.speech.espeak import ENGLISH, VARIANTS, load_espeak
from training.sound.speech.phones import phones_of
from training.sound.speech.spoken import RATE, Spoken
from training.sound.speech.vocabulary import english_words

log = logging.getLogger(__name__)

OTHER_LANGUAGES = (
    *("de", "es", "fr", "it", "pt-br", "nl", "sv"),
    *("da", "nb", "pl", "cs", "hu", "ro", "tr"),
    *("fi", "hr", "id", "sw", "eu", "ca"),
)
ENGLISH_SHARE = 0.5
ARABIC_DIGITS = {
    "zero": "صفر",
    "one": "واحد",
    "two": "اثنان",
    "three": "ثلاثة",
    "four": "أربعة",
    "five": "خمسة",
    "six": "ستة",
    "seven": "سبعة",
    "eight": "ثمانية",
    "nine": "تسعة",
}
LEVEL = 0.1  # root mean square of a machine voice; augmentation changes it
MARGIN = 3200  # samples of quiet before and after a machine voice
REPORTED = 2000
SOURCES = (
    "edge/features/sound/front_end.py",
    "edge/simulation/sound/room.py",
    "training/sound/speech/*.py",
    "training/sound/embedding/material.py",
)


@dataclass(frozen=True)
class Material:
    """Recordings one after another in one array."""

    rows: NDArray[np.float16]
    """(n, bands), a row every 10 ms."""
    phones: NDArray[np.int8]
    """(n,) the number of the phone of each row; -1 if unknown."""
    starts: NDArray[np.int64]
    """The first row of each recording, and n."""

    def __len__(self) -> int:
        return len(self.starts) - 1


def machine_voices(config: EmbeddingConfig) -> Material:
    """Return thousands of words by eSpeak NG and Flite, with the phones as the voices time them."""
    key = cache_key(
        *(config.material.espeak_clips, config.material.flite_clips, config.material.reverberant),
        *(config.seed, KEPT_OUT),
        code=SOURCES,
    )
    path = config.cache / f"machine-voices-{key}.npz"
    return Material(**cached_arrays(path, lambda: vars(_speak(config))))


def _speak(config: EmbeddingConfig) -> Material:
    rng = np.random.default_rng(config.seed)
    words = english_words(without=KEPT_OUT)
    espeak, rows, phones = load_espeak(), [], []
    total = config.material.espeak_clips + config.material.flite_clips
    progress = Progress("machine voices:", total)
    for count in range(total):
        text = " ".join(rng.choice(words, rng.choice((1, 2, 3), p=(0.3, 0.4, 0.3))))
        if count < config.material.espeak_clips:
            english = rng.random() < ENGLISH_SHARE
            voice = f"{rng.choice(ENGLISH if english else OTHER_LANGUAGES)}+{rng.choice(VARIANTS)}"
            pace, pitch, melody = rng.integers((110, 15, 20), (260, 85, 80)).tolist()
            spoken = espeak.say(text, voice, pace, pitch, melody)
        else:
            pitch_hz = float(rng.uniform(80, 230))
            spoken = flite.say(text, rng.choice(flite.VOICES), rng.uniform(0.7, 1.5), pitch_hz)
        if not spoken.samples.any():
            continue
        spectrum, numbers = _labelled_rows(spoken, config.material.reverberant, rng)
        rows.append(spectrum)
        phones.append(numbers)
        if count % REPORTED == REPORTED - 1:
            progress.report(count + 1)
    starts = np.cumsum([0, *map(len, rows)])
    return Material(np.concatenate(rows), np.concatenate(phones), starts)


def _labelled_rows(
    spoken: Spoken, reverberant: float, rng: np.random.Generator
) -> tuple[NDArray[np.float16], NDArray[np.int8]]:
    samples = np.pad(spoken.samples.astype(np.float64), MARGIN)
    samples *= LEVEL / np.sqrt(np.mean(spoken.samples.astype(np.float64) ** 2))
    if rng.random() < reverberant:
        samples = Room(rng).reverberate(samples)
    samples = samples + 10 ** rng.uniform(-4.5, -3) * rng.standard_normal(len(samples))
    rows = FRONT_END.frames(samples.astype(np.float32)).astype(np.float16)
    centres = np.arange(len(rows)) * FRONT_END.hop / RATE + FRONT_END.window / RATE / 2
    numbers = np.zeros(len(rows), np.int8)
    for phone in spoken.phones:
        parts = phones_of(phone.ipa)
        edges = np.linspace(phone.start, phone.end, len(parts) + 1) + MARGIN / RATE
        for number, first, last in zip(parts, edges, edges[1:], strict=False):
            numbers[(centres >= first) & (centres < last)] = number
    return rows, numbers


def people(
    config: EmbeddingConfig, tested: Sequence[str], of_bank: Sequence[str]
) -> tuple[Clips, Clips]:
    """Return the clips of people to train on, and those for the bank.

    Neither has the kept-out words and the tested people. The bank has the people `of_bank`, and of
    everybody the words of the bank.
    """
    clips = exclude_held_out(load_clips(config.data, config.cache))
    kept = ~np.isin(clips.word, (*KEPT_OUT, SILENCE, UNKNOWN)) & ~np.isin(clips.speaker, tested)
    bank = np.isin(clips.speaker, of_bank) | np.isin(clips.word, BANK_WORDS)
    return clips[_limited(clips, kept & ~bank, config)], clips[kept & bank]


def _limited(clips: Clips, kept: NDArray[np.bool_], config: EmbeddingConfig) -> NDArray[np.int64]:
    """Return the numbers of the clips, of each word not too many images."""
    rng, chosen = np.random.default_rng(config.seed), []
    for word in sorted(set(clips.word[kept])):
        images = np.flatnonzero(kept & clips.image_only & (clips.word == word))
        chosen.append(rng.permutation(images)[: config.material.clips_per_word])
        chosen.append(np.flatnonzero(kept & ~clips.image_only & (clips.word == word)))
    return np.sort(np.concatenate(chosen))


def phones_of_words(clips: Clips) -> dict[tuple[bool, str], list[int]]:
    """Return the phones of each word of the clips, by whether it is Arabic, and its spelling."""
    espeak = load_espeak()
    found = {}
    for corpus, word in sorted(set(zip(clips.corpus.tolist(), clips.word.tolist(), strict=True))):
        arabic = corpus == "arabic_digits"
        text, voice = (ARABIC_DIGITS[word], "ar") if arabic else (word, "en-us")
        spoken = espeak.say(text, voice)
        found[arabic, word] = [n for phone in spoken.phones for n in phones_of(phone.ipa) if n]
    return found
