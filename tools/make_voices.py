"""Make the voices of the simulated microphone: edge/simulation/sound/voices.npz.

  python -m tools.make_voices

Flite (Debian's package `flite`) speaks each word in each of its voices; pitch, spectrum and what
is voiced of each frame are kept, in place of the sound. Needs soundfile as well.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from edge.cli.options import CommandParser, add_common
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
EDGES = (0.0, 1000.0, 2000.0, 4000.0, 8000.0)  # Hz: VOICING_BANDS lie between them
LOWEST, HIGHEST = 0.6, 1.7  # pitches of a voice, over its usual one
NO_PITCH = 250.0  # Hz: as if, where nothing is voiced
CHANCE, SURE = 0.4, 0.9  # how alike the next period is, where none is voiced and where all is
QUIET = 0.01  # of the peak: where a word begins and ends
SLOWER = 1.15  # a word alone is spoken slower than in a sentence
# Formants over a man's, and the usual pitch in Hz.
VOICES = {"kal16": (1.0, 102.0), "awb": (1.0, 127.0), "rms": (0.97, 82.0), "slt": (1.14, 178.0)}
# Words that keyword spotters of others take for another word, or for none, even from Flite itself.
UNCLEAR = {
    "kal16": ("cat", "eight"),
    "awb": ("down", "house", "wow"),
    "rms": ("up",),
    "slt": ("go", "off", "stop", "up", "yes"),
}

Floats = NDArray[Any]


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.make_voices", __doc__)
    parser.add_argument("--out", type=Path, default=FILE, metavar="FILE")
    add_common(parser)
    return run_command(parser, make, argv)


def make(args: argparse.Namespace) -> None:
    made = []
    for name, (tract, pitch) in VOICES.items():
        words = {
            word: analyse(speak(name, word), pitch) for word in WORDS if word not in UNCLEAR[name]
        }
        made.append(Voice(name, tract, pitch, words))
        print(f"{name}: {len(words)} words, {sum(map(len, words.values())) * FRAME_S:.1f} s")
    save(tuple(made), args.out)
    print(f"{args.out}: {args.out.stat().st_size} B")


def speak(voice: str, word: str) -> Floats:
    """The word alone, a little silence on both sides, as loud as all others."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/word.wav"
        slower = ("--setf", f"duration_stretch={SLOWER}")
        subprocess.run(["flite", "-voice", voice, *slower, "-t", word, "-o", file], check=True)
        sound, rate = soundfile.read(file)
    assert rate == RATE, f"{voice} speaks at {rate} Hz"
    sound = sound - sound.mean()
    loud = np.flatnonzero(np.abs(sound) > QUIET * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1] + 1]
    return np.pad(sound / np.sqrt(np.mean(sound**2)), int(0.02 * RATE))


def analyse(sound: Floats, usual: float) -> Floats:
    """(n, COLUMNS): as Voice.words keeps them."""
    starts = np.arange(0, len(sound), int(FRAME_S * RATE))
    padded = np.pad(sound, FFT)
    bands = [band(padded, low, high) for low, high in pairwise(EDGES)]
    found = [pitch_at(bands[0], FFT + int(start), usual) for start in starts]
    known = np.array([sure > (CHANCE + SURE) / 2 for _, sure in found])
    pitch = np.interp(starts, starts[known], np.array([hz for hz, _ in found])[known])
    rows = []
    for start, hz, voiced in zip(starts, pitch, known, strict=True):
        spectrum = envelope(padded, FFT + int(start), hz if voiced else NO_PITCH)
        alike = np.array([likeness(one, FFT + int(start), RATE / float(hz)) for one in bands])
        shares = np.clip((alike - CHANCE) / (SURE - CHANCE), 0, 1)
        rows.append([*spectrum, np.log(hz / usual), *shares])
    return np.array(rows)


def band(sound: Floats, low: float, high: float) -> Floats:
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return np.fft.irfft(spectrum * ((hz >= low) & (hz < high)), len(sound))


def pitch_at(sound: Floats, middle: int, usual: float) -> tuple[float, float]:
    """Hz, and how alike the sound is one period later."""
    lags = np.arange(int(RATE / usual / HIGHEST), int(RATE / usual / LOWEST))
    alike = np.array([likeness(sound, middle, float(lag), 0) for lag in lags])
    # Two periods later it is as much alike: the first of the good ones.
    first = int(np.argmax(alike > 0.9 * alike.max()))
    best = first + int(np.argmax(alike[first : first + max(2, lags[first] // 8)]))
    return RATE / lags[best], float(alike[best])


def likeness(sound: Floats, middle: int, period: float, slack: float = 0.03) -> float:
    """-1 to 1: of two periods and the two that follow them one later."""
    best = -1.0
    for lag in range(round(period * (1 - slack)), round(period * (1 + slack)) + 1):
        start = middle - int(1.5 * lag)
        a, b = sound[start : start + 2 * lag], sound[start + lag : start + 3 * lag]
        best = max(best, float(a @ b / (np.sqrt((a @ a) * (b @ b)) + 1e-3)))
    return best


def envelope(sound: Floats, middle: int, pitch: float) -> Floats:
    """Coefficients of ln power without the harmonics (after Morise's CheapTrick)."""
    half = int(1.5 * RATE / pitch)
    window = np.hanning(2 * half + 1)
    power = np.abs(np.fft.rfft(sound[middle - half : middle + half + 1] * window, FFT)) ** 2
    power /= np.sum(window**2)
    hz = np.fft.rfftfreq(FFT, 1 / RATE)
    # What lies under half the pitch is the window's, not the voice's.
    low = hz < pitch
    power[low] = np.maximum(power[low], np.interp(pitch - hz[low], hz, power))
    width = max(1, round(2 / 3 * pitch / hz[1]))
    power = np.convolve(np.pad(power, width, mode="reflect"), np.ones(width) / width, "same")
    power = power[width:-width]
    grid = np.linspace(0, 8000, 400)
    weight = np.sqrt(np.gradient(mel_position(grid)))  # an even weight on the mel scale
    level = np.log(np.interp(grid, hz, power) + 1e-7)
    return np.linalg.lstsq((cepstral_basis(grid) * weight).T, level * weight, rcond=None)[0]


if __name__ == "__main__":
    raise SystemExit(main())
