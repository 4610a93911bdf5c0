"""Simulated people who speak. No two alike: throat, pitch, speed, breath and temper are their own.

`say` is a word as it leaves the mouth; what the room makes of it is in `room`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.simulation.sound import vocoder
from edge.simulation.sound.vocoder import BINS, DEAF, HOP, RATE
from edge.simulation.sound.voice_data import BANDS, PITCH, SHAPES, STEP, VOICED, mel, shapes, voices

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COMMANDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
OTHERS = ("bed", "bird", "cat", "dog", "happy", "house", "marvin", "sheila", "tree", "wow")
WORDS = DIGITS + COMMANDS + OTHERS

LEVEL = 0.04  # of full scale: the root mean square of a word, said by most
HIGHEST = 6800.0  # Hz: the voices have nothing above it, people do
AUDIBLE = 0.01  # of a word's peak

Floats = NDArray[Any]


class Person:
    """Says words; the same seed is the same person, who says no word twice alike."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = np.random.default_rng(seed)
        woman = rng.random() < 0.5
        # No voice says all words; those it does not are said like the next one says them.
        self.voices = [voices()[i] for i in rng.permutation(len(voices()))]
        self.tract = float(np.clip(rng.normal(1.14 if woman else 1.0, 0.04), 0.9, 1.22))
        self.pitch = float(np.exp(rng.normal(np.log(200 if woman else 115), 0.15)))
        self.melody = rng.uniform(0.5, 1.6)
        self.speed = rng.uniform(0.85, 1.2)
        self.breath = np.exp(rng.normal(0, 0.35))  # of noise, over what the voice had
        self.tilt = rng.normal(0, 2.0)  # dB more at 8 kHz than at 0
        self.hoarseness = rng.uniform(0.002, 0.015)  # of a period, from one to the next
        self.loudness = 10 ** (rng.normal(0, 2.0) / 20)


def say(word: str, person: Person, rng: np.random.Generator) -> NDArray[np.float32]:
    """One of WORDS at 16 kHz, without a pause before or after; never twice the same."""
    voice = next(voice for voice in person.voices if word in voice.words)
    frames = _in_time(voice.words[word], person.speed * np.exp(rng.normal(0, 0.06)), rng)
    throat = shapes(np.minimum(BINS * voice.tract / person.tract, HIGHEST))
    spectrum = frames[:, :SHAPES] @ throat + person.tilt * mel(BINS) * np.log(10) / 10
    voiced = np.clip(_over_bins(frames[:, VOICED:]), 0, 1) ** person.breath
    pitch = person.pitch * np.exp(_tune(frames[:, PITCH], person, rng))
    sound = vocoder.pulses(pitch, np.maximum(spectrum + np.log(voiced + 1e-9), DEAF))
    sound += vocoder.noise(np.maximum(spectrum + np.log(1 - voiced + 1e-9), DEAF), rng)
    sound = _audible(sound)
    loudness = LEVEL * person.loudness * 10 ** (rng.normal(0, 1.0) / 20)
    return np.clip(sound * loudness / np.sqrt(np.mean(sound**2)), -1, 1).astype(np.float32)


def _tune(voice: Floats, person: Person, rng: np.random.Generator) -> Floats:
    """ln pitch over the person's: the voice's, more or less lively, and never quite steady."""
    count = len(voice)
    wander = 0.3 * np.cumsum(rng.normal(0, person.hoarseness, count))
    jitter = rng.normal(0, person.hoarseness, count)
    fall = rng.normal(-0.1, 0.08) * np.linspace(-0.5, 0.5, count)
    return voice * person.melody + rng.normal(0, 0.04) + fall + wander + jitter


def _audible(sound: Floats) -> Floats:
    """Without what nobody hears at both ends."""
    loud = np.flatnonzero(np.abs(sound) > AUDIBLE * np.abs(sound).max())
    return sound[loud[0] : loud[-1] + 1]


def _in_time(frames: Floats, speed: float, rng: np.random.Generator) -> Floats:
    """The same frames every `HOP`, some drawn out and some hurried."""
    count = max(4, int(len(frames) * STEP * RATE / HOP / speed))
    rate = np.exp(np.interp(np.linspace(0, 3, count), range(4), rng.normal(0, 0.15, 4)))
    at = np.cumsum(rate) - rate[0]
    at *= (len(frames) - 1) / at[-1]
    low = np.minimum(at.astype(int), len(frames) - 2)
    part = (at - low)[:, None]
    return frames[low] * (1 - part) + frames[low + 1] * part


def _over_bins(bands: Floats) -> Floats:
    """What is known in BANDS, between them and beyond."""
    weights = np.stack([np.interp(BINS, BANDS, unit) for unit in np.eye(len(BANDS))])
    return bands @ weights
