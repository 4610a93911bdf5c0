"""Simulated speakers: each has a vocal tract, pitch, speed and voice quality of their own.

`say` returns a word without the influence of a room, which `room` adds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.simulation.sound.vocoder import (
    BINS,
    HOP,
    RATE,
    SILENCE_LN_POWER,
    unvoiced_sound,
    voiced_sound,
)
from edge.simulation.sound.voice_data import (
    CEPSTRUM,
    FRAME_S,
    PITCH,
    VOICING,
    VOICING_BANDS,
    cepstral_basis,
    mel_position,
    voices,
)

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COMMANDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
OTHERS = ("bed", "bird", "cat", "dog", "happy", "house", "marvin", "sheila", "tree", "wow")
WORDS = DIGITS + COMMANDS + OTHERS

SPEECH_LEVEL = 0.04  # root mean square of a typical word, of full scale
MAX_HZ = 6800.0  # the voices have nothing above it; the highest envelope value is repeated there
AUDIBLE = 0.01  # of a word's peak; quieter samples at both ends are cut

Floats = NDArray[Any]


class Speaker:
    """A speaker; the same seed gives the same speaker, who says a word differently each time."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = np.random.default_rng(seed)
        woman = rng.random() < 0.5
        # No voice has all words: a missing word is taken from the next voice.
        self.voices = [voices()[i] for i in rng.permutation(len(voices()))]
        self.formant_scale = float(np.clip(rng.normal(1.14 if woman else 1.0, 0.04), 0.9, 1.22))
        """Formant frequencies relative to those of a man."""
        self.pitch = float(np.exp(rng.normal(np.log(200 if woman else 115), 0.15)))
        """Hz."""
        self.intonation = rng.uniform(0.5, 1.6)
        """Pitch movements relative to those of the voice."""
        self.speed = rng.uniform(0.85, 1.2)
        """Relative to the voice."""
        self.breathiness = np.exp(rng.normal(0, 0.35))
        """Exponent of the voiced share: above 1 there is more noise than in the voice."""
        self.tilt_db = rng.normal(0, 2.0)
        """Spectral tilt: gain at 8 kHz over the gain at 0 Hz."""
        self.jitter = rng.uniform(0.002, 0.015)
        """Random change of the pitch from frame to frame, relative: hoarseness."""
        self.gain = 10 ** (rng.normal(0, 2.0) / 20)


def say(word: str, speaker: Speaker, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return one of WORDS at 16 kHz, without a pause before or after, different in each call."""
    voice = next(voice for voice in speaker.voices if word in voice.words)
    frames = _time_warp(voice.words[word], speaker.speed * np.exp(rng.normal(0, 0.06)), rng)
    basis = cepstral_basis(np.minimum(BINS * voice.formant_scale / speaker.formant_scale, MAX_HZ))
    tilt = speaker.tilt_db * mel_position(BINS) * np.log(10) / 10
    ln_power = frames[:, :CEPSTRUM] @ basis + tilt
    voicing = np.clip(_over_bins(frames[:, VOICING:]), 0, 1) ** speaker.breathiness
    pitch = speaker.pitch * np.exp(_ln_pitch(frames[:, PITCH], speaker, rng))
    voiced = np.maximum(ln_power + np.log(voicing + 1e-9), SILENCE_LN_POWER)
    unvoiced = np.maximum(ln_power + np.log(1 - voicing + 1e-9), SILENCE_LN_POWER)
    sound = voiced_sound(pitch, voiced)
    sound += unvoiced_sound(unvoiced, rng)
    sound = _trim(sound)
    level = SPEECH_LEVEL * speaker.gain * 10 ** (rng.normal(0, 1.0) / 20)
    return np.clip(sound * level / np.sqrt(np.mean(sound**2)), -1, 1).astype(np.float32)


def _ln_pitch(contour: Floats, speaker: Speaker, rng: np.random.Generator) -> Floats:
    """Return ln pitch relative to the speaker's, from the contour of the voice.

    The contour is scaled by the intonation, and drift, jitter and a falling trend are added.
    """
    count = len(contour)
    drift = 0.3 * np.cumsum(rng.normal(0, speaker.jitter, count))
    jitter = rng.normal(0, speaker.jitter, count)
    fall = rng.normal(-0.1, 0.08) * np.linspace(-0.5, 0.5, count)
    return contour * speaker.intonation + rng.normal(0, 0.04) + fall + drift + jitter


def _trim(sound: Floats) -> Floats:
    """Return the sound without its inaudible ends."""
    audible = np.flatnonzero(np.abs(sound) > AUDIBLE * np.abs(sound).max())
    return sound[audible[0] : audible[-1] + 1]


def _time_warp(frames: Floats, speed: float, rng: np.random.Generator) -> Floats:
    """Return the frames resampled to one per `HOP`, at a speed that varies within the word."""
    count = max(4, int(len(frames) * FRAME_S * RATE / HOP / speed))
    rate = np.exp(np.interp(np.linspace(0, 3, count), range(4), rng.normal(0, 0.15, 4)))
    at = np.cumsum(rate) - rate[0]
    at *= (len(frames) - 1) / at[-1]
    low = np.minimum(at.astype(int), len(frames) - 2)
    fraction = (at - low)[:, None]
    return frames[low] * (1 - fraction) + frames[low + 1] * fraction


def _over_bins(bands: Floats) -> Floats:
    """Return values at VOICING_BANDS interpolated to BINS."""
    weights = np.stack([np.interp(BINS, VOICING_BANDS, row) for row in np.eye(len(VOICING_BANDS))])
    return bands @ weights
