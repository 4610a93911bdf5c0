"""Sequences of several seconds as live sound brings them: words, talk, noise and silence.

A window of one word is what a clip looks like. Live, a network also sees the ends of two words,
words in words, and people who talk on and on. Everything is composed from log-mel energies, so that
recordings and images of spectra can both be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.sound.data.log_mel import BANDS, FRONT_END, ROWS, word_rows
from training.sound.data.words import SILENCE
from training.sound.learn.placement import NAT
from training.sound.learn.sequence_config import SequenceConfig
from training.sound.learn.sequence_sound import (
    Energies,
    Voice,
    add_rows,
    random_cross_terms,
    random_hiss,
    reverberate,
    voice,
)
from training.sound.learn.training_sets import TrainingSet

FRAME_S = 0.02
TABLE_ROWS = 20_000  # of random numbers that are drawn once
LOUDNESS = 120.0  # energy of a row of a word, summed over the bands: a level (RMS) of 0.05
SPLICED_TARGETS = 0.4  # share of the spliced parts that come from words of the task
TARGET_PART, OTHER_PART = 0.5, 0.8  # the most of a word that a spliced part has
MIN_PART_ROWS, MAX_PART_ROWS = 6, 40
MAX_TALKERS = 6

LogMel = NDArray[np.float16]


@dataclass(frozen=True)
class SpokenWord:
    label: int
    begin: float
    end: float
    """First and last frame of the word; it may begin before the sequence and end after it."""


@dataclass(frozen=True)
class LiveSequence:
    rows: Energies
    """(frames, BANDS) log-mel."""
    words: list[SpokenWord]
    talk: bool
    """People talk, and say none of the words of the task."""


class SequenceComposer:
    """Draws random sequences from the clips of a training set, talk and noise."""

    def __init__(
        self,
        training_set: TrainingSet,
        words: int,
        talk: LogMel,
        noises: Sequence[Sequence[LogMel]],
        config: SequenceConfig,
        seed: int,
    ) -> None:
        """The first `words` labels are the words of the task. `talk` and each noise are (n, BANDS)
        with a row every 10 ms. A short noise is repeated, every second time backwards. There are
        kinds of noises, which are equally frequent."""
        self._config, self._rng = config, np.random.default_rng(seed)
        self._clips, self._classes = training_set.clips, training_set.classes
        self._talk, self._noises = talk, [kind for kind in noises if len(kind)]
        self._spans = word_rows(self._clips.rows)
        spoken = training_set.clips.word != SILENCE
        is_target = spoken & (self._classes < words)
        self._targets = _Sampler(np.flatnonzero(is_target), training_set.weight)
        others = np.flatnonzero(spoken & ~is_target)
        self._others = _Sampler(others, training_set.weight) if len(others) else self._targets
        self._cross_terms = random_cross_terms(self._rng, TABLE_ROWS)
        self._hiss = random_hiss(self._rng, TABLE_ROWS)

    def draw(self) -> LiveSequence:
        config, rng = self._config, self._rng
        speech = np.zeros((config.frames, BANDS), np.float32)
        kind, words, talk = rng.random(), [], False
        if kind < config.words:
            words = self._say_words(speech, config.pause_s)
        elif kind < config.words + config.quick_words:
            words = self._say_words(speech, config.quick_pause_s)
        elif kind < config.words + config.quick_words + config.talk:
            talk = True
            self._add_talk(speech, config.spliced)
        if rng.random() < config.reverberant:
            reverberate(speech, rng.uniform(0.15, 0.9) / FRAME_S, rng.uniform(0.05, 0.6))
        energy = self._with_noise(speech)
        energy *= np.float32(LOUDNESS) * self._microphone()
        hiss = np.exp(NAT * rng.uniform(*config.hiss_db))
        energy += np.float32(hiss) * self._part_of(self._hiss)
        rows = np.log(np.maximum(energy, FRONT_END.floor)).astype(np.float32)
        return LiveSequence(rows, words, talk)

    def _say_words(self, speech: Energies, pause_s: tuple[float, float]) -> list[SpokenWord]:
        config, rng = self._config, self._rng
        words = []
        at = rng.uniform(-40, 60)
        while at < config.frames:
            is_target = rng.random() < config.targets
            number = (self._targets if is_target else self._others).draw(rng)
            first, last = (int(row) for row in self._spans[number])
            said_by = self._voice()
            at = float(round(at)) if said_by.speed == 1 else at
            shown = (0, ROWS - 1)
            if rng.random() >= config.whole_clip:
                before, after = int(rng.integers(2, 8)), int(rng.integers(2, 12))
                shown = (max(0, first - before), min(ROWS - 1, last + after))
            energy, gain = self._clip(number, config.level_db)
            add_rows(speech, energy, shown, (at, first), said_by, gain)
            end = at + (last - first) / (2 * said_by.speed)
            words.append(SpokenWord(int(self._classes[number]), at, end))
            at = end + rng.uniform(*pause_s) / FRAME_S
        return words

    def _add_talk(self, speech: Energies, spliced: float, gain: float = 1.0) -> None:
        if self._rng.random() < spliced:
            self._splice_words(speech)
        else:
            self._read_talk(speech, gain)

    def _splice_words(self, speech: Energies) -> None:
        """Add parts of words by many speakers, nearly without pauses. No word is complete."""
        rng = self._rng
        at = float(rng.uniform(0, 60))
        while at < len(speech):
            is_target = rng.random() < SPLICED_TARGETS
            number = (self._targets if is_target else self._others).draw(rng)
            first, last = (int(row) for row in self._spans[number])
            length = last - first + 1
            longest = min(length * (TARGET_PART if is_target else OTHER_PART), MAX_PART_ROWS)
            size = min(length, int(max(MIN_PART_ROWS, rng.uniform(0.4, 1.0) * longest)))
            start = first + int(rng.integers(length - size + 1))
            energy, gain = self._clip(number, 4.0)
            said_by = self._voice()
            shown = (start, start + size - 1)
            add_rows(speech, energy, shown, (round(at), start), said_by, gain)
            at += size / (2 * said_by.speed)
            if rng.random() < 0.08:
                at += rng.uniform(5, 40)

    def _read_talk(self, speech: Energies, level: float) -> None:
        said_by = self._voice()
        rows = int(2 * len(speech) * said_by.speed) + 4
        start = int(self._rng.integers(len(self._talk) - rows + 1))
        energy = np.exp(self._talk[start : start + rows].astype(np.float32))
        loudest = np.sort(energy.sum(axis=1))[-rows // 3 :].mean()
        gain = level / max(float(loudest), 1e-3)
        add_rows(speech, energy, (0, rows - 1), (0.0, 0.0), said_by, gain)

    def _with_noise(self, speech: Energies) -> Energies:
        config, rng = self._config, self._rng
        if rng.random() >= config.noisy:
            return speech
        noise = self._noise()
        loudest = float(np.sort(speech.sum(axis=1))[-len(speech) // 6 :].mean())
        level = (loudest if loudest > 1e-3 else 1.0) / max(float(noise.sum(axis=1).mean()), 1e-9)
        noise *= np.float32(level * np.exp(-NAT * rng.uniform(*config.snr_db)))
        cross_terms = self._part_of(self._cross_terms)
        return speech + noise + 2 * np.sqrt(speech * noise) * cross_terms

    def _noise(self) -> Energies:
        config, rng = self._config, self._rng
        if rng.random() < config.babble:
            noise = np.zeros((config.frames, BANDS), np.float32)
            for _ in range(int(rng.choice([1, 1, 2, 3, 4, MAX_TALKERS]))):
                self._add_talk(noise, 0.3, np.exp(NAT * rng.uniform(-6, 6)))
            return noise
        kind = self._noises[int(rng.integers(len(self._noises)))]
        recording = kind[int(rng.integers(len(kind)))]
        length = len(recording)
        rows = (int(rng.integers(length)) + 2 * np.arange(config.frames)) % (2 * length)
        rows = np.where(rows < length, rows, 2 * length - 1 - rows)
        return np.exp(recording[rows].astype(np.float32))

    def _clip(self, number: int, level_db: float) -> tuple[Energies, float]:
        """Return the energies of a clip, and the gain that gives its word a random level near 1."""
        energy = np.exp(self._clips.rows[number].astype(np.float32))
        first, last = self._spans[number]
        level = float(energy[first : last + 1].sum(axis=1).mean())
        return energy, np.exp(NAT * self._rng.uniform(-level_db, level_db)) / max(level, 1e-3)

    def _voice(self) -> Voice:
        config, rng = self._config, self._rng
        speed, stretch = 1.0, 1.0
        if rng.random() >= config.unchanged_voice:
            speed = rng.uniform(1 - config.tempo, 1 + config.tempo)
        if rng.random() >= config.unchanged_voice:
            stretch = rng.uniform(1 - config.vocal_tract, 1 + config.vocal_tract)
        return voice(speed, stretch)

    def _microphone(self) -> Energies:
        """Return a factor for each band: the gain, and a smooth frequency response."""
        config, rng = self._config, self._rng
        gain = rng.uniform(-config.gain_db, config.gain_db) * NAT
        x = np.arange(BANDS) / BANDS
        waves = [rng.normal() * config.tilt_nats * np.cos(np.pi * k * x) / k for k in (1, 2, 3)]
        return np.exp(gain + np.sum(waves, axis=0)).astype(np.float32)

    def _part_of(self, table: Energies) -> Energies:
        start = int(self._rng.integers(len(table) - self._config.frames))
        return table[start : start + self._config.frames]


class _Sampler:
    """Draws numbers, each as likely as its weight."""

    def __init__(self, numbers: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
        self._numbers = numbers
        self._cumulative = np.cumsum(weights[numbers] / weights[numbers].sum())

    def draw(self, rng: np.random.Generator) -> int:
        place = int(np.searchsorted(self._cumulative, rng.random()))
        return int(self._numbers[min(place, len(self._numbers) - 1)])
