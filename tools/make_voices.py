"""Analyse the voices of Flite for the simulated microphone: edge/simulation/sound/voices.npz.

  python -m tools.make_voices

Flite (Debian's package `flite`) speaks each word with each of its voices. The file holds the pitch,
the spectral envelope and the voiced shares of each frame, not the sound. Needs soundfile as well.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.simulation.sound.speaker import WORDS
from edge.simulation.sound.voice_data import (
    FILE,
    FRAME_S,
    Voice,
    cepstral_basis,
    mel_position,
    save,
)

RATE = 16000
FFT = 1024
BAND_EDGES = (0.0, 1000.0, 2000.0, 4000.0, 8000.0)  # Hz: VOICING_BANDS are their centres
LOWEST_PITCH, HIGHEST_PITCH = 0.6, 1.7  # relative to the median pitch of the voice
UNVOICED_PITCH = 250.0  # Hz: sets the window length in unvoiced frames
# Correlation of neighbouring periods: UNVOICED arises by chance, FULLY_VOICED in clear vowels.
UNVOICED, FULLY_VOICED = 0.4, 0.9
SILENCE = 0.01  # of the peak: a word begins and ends where the sound exceeds this
DURATION_STRETCH = 1.15  # a single word is spoken more slowly than a word in a sentence
# Formant frequencies relative to those of a man, and the median pitch in Hz.
VOICES = {"kal16": (1.0, 102.0), "awb": (1.0, 127.0), "rms": (0.97, 82.0), "slt": (1.14, 178.0)}
# Words that other keyword spotters miss or confuse, even in the original sound of Flite.
UNCLEAR = {
    "kal16": ("cat", "eight"),
    "awb": ("down", "house", "wow"),
    "rms": ("up",),
    "slt": ("go", "off", "stop", "up", "yes"),
}

Floats = NDArray[Any]


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.make_voices", __doc__)
    parser.add_argument(
        "--out", type=Path, default=FILE, metavar="FILE", help="the file to write (voices.npz)"
    )
    add_common(parser)
    return run_command(parser, make_voices, argv)


def make_voices(args: argparse.Namespace) -> None:
    voices = []
    for name, (formant_scale, median_pitch) in VOICES.items():
        words = {
            word: analyse(speak(name, word), median_pitch)
            for word in WORDS
            if word not in UNCLEAR[name]
        }
        voices.append(Voice(name, formant_scale, median_pitch, words))
        print(f"{name}: {len(words)} words, {sum(map(len, words.values())) * FRAME_S:.1f} s")
    save(tuple(voices), args.out)
    print(f"{args.out}: {args.out.stat().st_size} bytes")


def speak(voice: str, word: str) -> Floats:
    """The sound of a word with 20 ms of silence on both sides, normalised to the same power."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/word.wav"
        slower = ("--setf", f"duration_stretch={DURATION_STRETCH}")
        subprocess.run(["flite", "-voice", voice, *slower, "-t", word, "-o", file], check=True)
        sound, rate = soundfile.read(file)
    assert rate == RATE, f"{voice} speaks at {rate} Hz"
    sound = sound - sound.mean()
    audible = np.flatnonzero(np.abs(sound) > SILENCE * np.abs(sound).max())
    sound = sound[audible[0] : audible[-1] + 1]
    return np.pad(sound / np.sqrt(np.mean(sound**2)), int(0.02 * RATE))


def analyse(sound: Floats, median_pitch: float) -> Floats:
    """(n, COLUMNS) frames of the sound, as in Voice.words."""
    starts = np.arange(0, len(sound), int(FRAME_S * RATE))
    padded = np.pad(sound, FFT)
    bands = [band_pass(padded, low, high) for low, high in pairwise(BAND_EDGES)]
    found = [pitch_at(bands[0], FFT + int(start), median_pitch) for start in starts]
    voiced = np.array([correlation > (UNVOICED + FULLY_VOICED) / 2 for _, correlation in found])
    pitch = np.interp(starts, starts[voiced], np.array([hz for hz, _ in found])[voiced])
    rows = []
    for start, hz, is_voiced in zip(starts, pitch, voiced, strict=True):
        center = FFT + int(start)
        spectrum = envelope(padded, center, hz if is_voiced else UNVOICED_PITCH)
        correlations = np.array(
            [period_correlation(band, center, RATE / float(hz)) for band in bands]
        )
        shares = np.clip((correlations - UNVOICED) / (FULLY_VOICED - UNVOICED), 0, 1)
        rows.append([*spectrum, np.log(hz / median_pitch), *shares])
    return np.array(rows)


def band_pass(sound: Floats, low_hz: float, high_hz: float) -> Floats:
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return np.fft.irfft(spectrum * ((hz >= low_hz) & (hz < high_hz)), len(sound))


def pitch_at(sound: Floats, center: int, median_pitch: float) -> tuple[float, float]:
    """The pitch in Hz, and the correlation of the sound with itself one period later."""
    shortest = int(RATE / median_pitch / HIGHEST_PITCH)
    lags = np.arange(shortest, int(RATE / median_pitch / LOWEST_PITCH))
    correlations = np.array([period_correlation(sound, center, float(lag), 0) for lag in lags])
    # Twice the period gives the same correlation: take the first lag that is nearly the best.
    first = int(np.argmax(correlations > 0.9 * correlations.max()))
    best = first + int(np.argmax(correlations[first : first + max(2, lags[first] // 8)]))
    return RATE / lags[best], float(correlations[best])


def period_correlation(sound: Floats, center: int, period: float, tolerance: float = 0.03) -> float:
    """Normalised correlation, -1 to 1, of two periods with the two that start one period later.

    The highest value for all periods within the relative `tolerance`.
    """
    best = -1.0
    for lag in range(round(period * (1 - tolerance)), round(period * (1 + tolerance)) + 1):
        start = center - int(1.5 * lag)
        a, b = sound[start : start + 2 * lag], sound[start + lag : start + 3 * lag]
        best = max(best, float(a @ b / (np.sqrt((a @ a) * (b @ b)) + 1e-3)))
    return best


def envelope(sound: Floats, center: int, pitch: float) -> Floats:
    """Cepstral coefficients of ln power without the harmonics (after Morise's CheapTrick)."""
    half = int(1.5 * RATE / pitch)
    window = np.hanning(2 * half + 1)
    power = np.abs(np.fft.rfft(sound[center - half : center + half + 1] * window, FFT)) ** 2
    power /= np.sum(window**2)
    hz = np.fft.rfftfreq(FFT, 1 / RATE)
    # Below half the pitch, the power comes from the window and not from the voice.
    low = hz < pitch
    power[low] = np.maximum(power[low], np.interp(pitch - hz[low], hz, power))
    width = max(1, round(2 / 3 * pitch / hz[1]))
    power = np.convolve(np.pad(power, width, mode="reflect"), np.ones(width) / width, "same")
    power = power[width:-width]
    grid = np.linspace(0, 8000, 400)
    # The least-squares fit weights frequencies by the resolution of the ear.
    weight = np.sqrt(np.gradient(mel_position(grid)))
    level = np.log(np.interp(grid, hz, power) + 1e-7)
    return np.linalg.lstsq((cepstral_basis(grid) * weight).T, level * weight, rcond=None)[0]


if __name__ == "__main__":
    sys.exit(main())
