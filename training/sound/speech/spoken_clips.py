"""Clips of words that are given as text: machine voices say them, and words that sound similar.

English voices also say the words of Speech Commands. If recordings of these are trained on as well,
people and machine voices say the same words, so that the network does not tell its own words from
others by the kind of voice.

The clips are stored as a corpus: a folder for each word, and in it a file for each voice. A
training reads it like recordings of people.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError
from edge.formats.sound import write_wav
from edge.simulation.sound.room import Room
from training.common.cache import cache_key
from training.common.licences import SPOKEN
from training.common.progress import Progress
from training.sound.data.words import SPEECH_COMMANDS
from training.sound.speech import flite
from training.sound.speech.espeak import ENGLISH, VARIANTS, Espeak, load_espeak
from training.sound.speech.phones import PHONES, phones_of
from training.sound.speech.spoken import RATE, Spoken
from training.sound.speech.vocabulary import english_words

CLIPS_PER_WORD = 240
CLIPS_PER_OTHER_WORD = 24
SIMILAR_WORDS = 12  # of each word
FLITE_SHARE = 0.2  # of the clips of English words, where Flite is installed
CLIP_S = 1.0
MARGIN_S = 0.15
LEVEL = 0.08  # root mean square of the word
REVERBERANT = 0.5
MIN_WORD_S = 0.1
REPORTED = 200
SOURCES = ("training/sound/speech/*.py", "edge/simulation/sound/room.py")


def spoken_corpus(words: Sequence[str], language: str, cache: Path, seed: int) -> Path:
    """Return the folder with the clips; they are made if there are none.

    EdgeError if eSpeak NG is not installed, or if it cannot say a word or the language.
    """
    key = cache_key(tuple(words), language, seed, shutil.which("flite"), code=SOURCES)
    folder = cache / f"{SPOKEN}{key}"
    if folder.is_dir():
        return folder
    espeak = load_espeak()
    for word in words:
        _check(espeak, word, language)
    counts = dict.fromkeys(words, CLIPS_PER_WORD)
    common = sorted(SPEECH_COMMANDS) if language.startswith("en") else []
    for word in (*similar_words(words, language), *common):
        counts.setdefault(word, CLIPS_PER_OTHER_WORD)
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    rng, done = np.random.default_rng(seed), 0
    progress = Progress("machine voices:", sum(counts.values()))
    for word, count in counts.items():
        (unfinished / word).mkdir(parents=True)
        for number in range(count):
            name, spoken = _say(espeak, word, language, rng)
            samples = _in_room(spoken.samples, rng)
            write_wav(unfinished / word / f"{name}_nohash_{number}.wav", samples, RATE)
            done += 1
            if done % REPORTED == 0:
                progress.report(done)
    unfinished.rename(folder)
    return folder


def similar_words(words: Sequence[str], language: str) -> list[str]:
    """Return words that sound like one of `words`, and the words of its phrases."""
    espeak = load_espeak()
    candidates = english_words(without=words)
    phones = {word: _phones(espeak, word, language) for word in candidates}
    found = [part for word in words for part in word.split() if part not in words]
    for word in words:
        of_word = _phones(espeak, word, language)
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(of_word)
        ratios = {}
        for candidate, of_candidate in phones.items():
            matcher.set_seq1(of_candidate)
            if of_candidate != of_word:
                ratios[candidate] = matcher.ratio()
        found += sorted(ratios, key=lambda one: (-ratios[one], one))[:SIMILAR_WORDS]
    return list(dict.fromkeys(found))


def _check(espeak: Espeak, word: str, language: str) -> None:
    spoken = espeak.say(word, language)
    if len(_phones(espeak, word, language)) < 2 or len(spoken.samples) < MIN_WORD_S * RATE:
        raise EdgeError(f"the voices cannot say {word!r}: write it as it is spoken, in letters")


def _phones(espeak: Espeak, word: str, language: str) -> str:
    """Return the phones of a word, a letter for each."""
    numbers = [n for phone in espeak.say(word, language).phones for n in phones_of(phone.ipa) if n]
    return "".join(PHONES[number] for number in numbers)


def _say(espeak: Espeak, word: str, language: str, rng: np.random.Generator) -> tuple[str, Spoken]:
    """Return the name of a random voice, and the word by this voice."""
    if language.startswith("en") and shutil.which("flite") and rng.random() < FLITE_SHARE:
        voice = str(rng.choice(flite.VOICES))
        pitch = float(rng.uniform(85, 230))
        return f"flite-{voice}", flite.say(word, voice, rng.uniform(0.7, 1.4), pitch)
    variant = str(rng.choice(VARIANTS))
    accent = str(rng.choice(ENGLISH)) if language == ENGLISH[0] else language
    pace, pitch, melody = rng.integers((120, 15, 20), (240, 85, 80)).tolist()
    return f"espeak-{variant}", espeak.say(word, f"{accent}+{variant}", pace, pitch, melody)


def _in_room(samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the word in a clip of CLIP_S or more, in a room, with the noise of a microphone."""
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max(initial=1e-6))
    first, last = (int(loud[0]), int(loud[-1])) if len(loud) else (0, len(samples) - 1)
    word = samples[first : last + 1].astype(np.float64)
    margin = max(MARGIN_S, (CLIP_S - len(word) / RATE) / 2)
    level = LEVEL * rng.uniform(0.3, 1.5) / max(float(np.sqrt(np.mean(word**2))), 1e-6)
    clip = np.pad(word, round(margin * RATE)) * level
    if rng.random() < REVERBERANT:
        clip = Room(rng).reverberate(clip)
    noise = 10 ** rng.uniform(-4.3, -3) * rng.standard_normal(len(clip))
    return np.clip(clip + noise, -1, 1).astype(np.float32)
