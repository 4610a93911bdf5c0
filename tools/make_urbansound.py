"""Make a miniature of UrbanSound8K, in its exact layout, of synthesised sounds.

python -m tools.make_urbansound --out miniature
python -m training.urbansound --data miniature --out miniature.tflite

It has the folders, the names and the metadata of the real corpus, and ten classes of sounds that
are made of tones and noise: no recordings. A model that is trained on it has seen no real sound.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.formats.sound import write_wav
from training.urban.metadata import FOLDS, SYNTHETIC, TABLE

RATE = 16000  # Hz
COLUMNS = ("slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class")
NOTICE = "Synthesised sounds of python -m tools.make_urbansound: none of them was recorded.\n"
FIRST_RECORDING = 100000  # made-up numbers of recordings
SECONDS = {"car_horn": 1.2, "dog_bark": 1.0, "gun_shot": 0.8}  # of the short sounds; others 4 s

Sound = NDArray[np.float64]


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.make_urbansound", __doc__ or "")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a new folder for the miniature"
    )
    parser.add_argument(
        "--clips", type=int, default=2, metavar="N", help="of each class in each fold (2)"
    )
    add_common(parser)
    return run_command(parser, _make, argv)


def _make(args: argparse.Namespace) -> None:
    if args.out.exists() and any(args.out.iterdir()):
        raise EdgeError(f"--out {args.out} is not empty: name a new folder")
    make_miniature(args.out, args.clips)


def make_miniature(folder: Path, clips: int) -> None:
    """Write `clips` sounds of each class to each of the ten folds, and their metadata."""
    rng = np.random.default_rng(0)
    rows, recording = [], FIRST_RECORDING
    for fold in FOLDS:
        place = folder / "audio" / f"fold{fold}"
        place.mkdir(parents=True, exist_ok=True)
        for number, (label, make) in enumerate(SOUNDS.items()):
            recording += 1
            for take in range(clips):
                name = f"{recording}-{number}-0-{take}.wav"
                seconds = SECONDS.get(label, 4.0)
                sound = make(rng, np.arange(round(seconds * RATE)) / RATE)
                write_wav(place / name, in_a_street(rng, sound), RATE)
                times = (f"{take * seconds:.6f}", f"{(take + 1) * seconds:.6f}")
                rows.append((name, recording, *times, 1, fold, number, label))
    (folder / TABLE).parent.mkdir(exist_ok=True)
    with (folder / TABLE).open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    (folder / SYNTHETIC).write_text(NOTICE)


def in_a_street(rng: np.random.Generator, sound: Sound) -> NDArray[np.float32]:
    """The sound at a random level, in the noise of a street."""
    street = noise(rng, len(sound), 30, 600)
    mixed = sound / np.abs(sound).max() + rng.uniform(0.005, 0.05) * street
    return (rng.uniform(0.1, 0.6) * mixed / np.abs(mixed).max()).astype(np.float32)


def noise(rng: np.random.Generator, count: int, low: float, high: float) -> Sound:
    """Noise between two frequencies, of standard deviation one."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hertz < low) | (hertz > high)] = 0
    made = np.fft.irfft(spectrum, count)
    return made / made.std()


def tone(hertz: Sound | float, t: Sound, harmonics: int, fall: float = 1.0) -> Sound:
    """A tone, whose frequency may change, with harmonics that fall off by their number."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hertz, t.shape)) / RATE
    return sum((np.sin(k * phase) / k**fall for k in range(1, harmonics + 1)), np.zeros(len(t)))


def bursts(t: Sound, starts: Sequence[float], attack: float, decay: float) -> Sound:
    """An envelope that rises and falls at each of these times."""
    envelope = np.zeros(len(t))
    for start in starts:
        since = np.maximum(t - start, 0)
        envelope += (t >= start) * (1 - np.exp(-since / attack)) * np.exp(-since / decay)
    return envelope


def air_conditioner(rng: np.random.Generator, t: Sound) -> Sound:
    hum = tone(rng.uniform(48, 62), t, 6)
    return noise(rng, len(t), 80, rng.uniform(1500, 3000)) + 0.8 * hum


def car_horn(rng: np.random.Generator, t: Sound) -> Sound:
    low = rng.uniform(350, 450)
    chord = tone(low, t, 12, 0.6) + tone(low * 1.25, t, 12, 0.6)
    return chord * bursts(t, [0.1], 0.02, 5.0) * (t < 1.0)


def children_playing(rng: np.random.Generator, t: Sound) -> Sound:
    made = np.zeros(len(t))
    for start in rng.uniform(0, 3.5, 9):
        voice = rng.uniform(350, 700) * (1 + 0.3 * np.sin(2 * np.pi * rng.uniform(2, 5) * t))
        made += tone(voice, t, 8) * bursts(t, [start], 0.05, 0.2)
    return made


def dog_bark(rng: np.random.Generator, t: Sound) -> Sound:
    starts = [0.1, rng.uniform(0.45, 0.6)]
    envelope = bursts(t, starts, 0.01, 0.07)
    fall = rng.uniform(400, 700) * (1 + 0.5 * envelope / envelope.max())
    return envelope * (tone(fall, t, 10, 0.7) + 0.6 * noise(rng, len(t), 500, 3000))


def drilling(rng: np.random.Generator, t: Sound) -> Sound:
    speed = rng.uniform(180, 260) * (1 + 0.05 * np.sin(2 * np.pi * 0.7 * t))
    return tone(speed, t, 25, 0.3) + 1.5 * noise(rng, len(t), 2000, 7500)


def engine_idling(rng: np.random.Generator, t: Sound) -> Sound:
    firing = rng.uniform(22, 34) * (1 + 0.02 * np.sin(2 * np.pi * 1.3 * t))
    return tone(firing, t, 30, 0.8) + 0.2 * noise(rng, len(t), 40, 900)


def gun_shot(rng: np.random.Generator, t: Sound) -> Sound:
    echo = noise(rng, len(t), 60, 2000) * bursts(t, [0.1], 0.001, 0.2)
    return 3 * noise(rng, len(t), 60, 7800) * bursts(t, [0.1], 0.0005, 0.02) + echo


def jackhammer(rng: np.random.Generator, t: Sound) -> Sound:
    blows = np.arange(0, 4, 1 / rng.uniform(14, 24))
    ring = tone(rng.uniform(900, 1500), t, 4) + noise(rng, len(t), 300, 6000)
    return ring * bursts(t, blows.tolist(), 0.001, 0.015)


def siren(rng: np.random.Generator, t: Sound) -> Sound:
    sweep = np.sin(2 * np.pi * rng.uniform(0.2, 4) * t + rng.uniform(0, 6))
    return tone(rng.uniform(800, 1000) + rng.uniform(200, 450) * sweep, t, 5)


def street_music(rng: np.random.Generator, t: Sound) -> Sound:
    made = np.zeros(len(t))
    for start in np.arange(0, 4, rng.uniform(0.2, 0.4)):
        note = 220 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
        made += tone(note, t, 6, 1.2) * bursts(t, [start], 0.01, 0.3)
    return made


SOUNDS: dict[str, Callable[[np.random.Generator, Sound], Sound]] = {
    "air_conditioner": air_conditioner,
    "car_horn": car_horn,
    "children_playing": children_playing,
    "dog_bark": dog_bark,
    "drilling": drilling,
    "engine_idling": engine_idling,
    "gun_shot": gun_shot,
    "jackhammer": jackhammer,
    "siren": siren,
    "street_music": street_music,
}

if __name__ == "__main__":
    sys.exit(main())
