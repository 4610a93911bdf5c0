"""A tiny sound task: two "words" of filtered noise, low or high, a microphone, and a network."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.features.sound.windows import SoundFeatures
from edge.model import Manifest, attach
from edge.registry import Registry
from edge.samples import ACCEL, AUDIO, Chunk, Health
from edge.source import Source
from tflite_network import convert

RATE = 16000
SPECIFICATION = SoundFeatures.specification({"shape": [49]})  # a second
SOURCES = Registry("tests.sources", {"tiny": "tiny_sound:TinyMicrophone"})
BANDS = {
    "l": (150, 700),
    "h": (2200, 3900),
    "n": (50, 7900),
}  # Hz: the low word, the high word, noise
WORD_S = 0.4


def say(text: str, level: float = 0.1, seed: int = 0) -> np.ndarray:
    """Return a sound: `l` and `h` are words, `n` noise, `-` 0.2 s and `.` 2 s of a quiet room."""
    rng = np.random.default_rng(seed)
    parts = []
    for character in text:
        seconds = {"-": 0.2, ".": 2.0}.get(character, WORD_S)
        spectrum = np.fft.rfft(rng.normal(0, 1, round(seconds * RATE)))
        hertz = np.linspace(0, RATE / 2, len(spectrum))
        low, high = BANDS.get(character, (0, 0))
        spectrum[(hertz < low) | (hertz > high)] *= 1e-3
        parts.append(level * np.fft.irfft(spectrum) / (1 if high - low > 6000 else 0.4))
    return np.concatenate(parts).astype(np.float32)


class TinyMicrophone(Source):
    """Plays what `say` returns for a text.

    `end` says what follows: "end", "break" (an error), or "wait" (no more samples).
    """

    def __init__(self, text: str, step: int = 320, end: str = "end", channels: str = "") -> None:
        self.text, self.step, self.end = text, step, end
        self.channels = ACCEL if channels else AUDIO
        self.rate, self.health = float(RATE), Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument("--tiny", nargs="?", const=".l.", metavar="TEXT", help="what to play")
        parser.add_argument("--step", type=int, default=320)
        parser.add_argument("--end", default="end")
        parser.add_argument("--other-channels", default="")

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        if args.tiny is None:
            return None
        assert requirements == {"channels": ["audio"], "rate_hz": RATE}
        return cls(args.tiny, args.step, args.end, args.other_channels)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def __iter__(self) -> Iterator[Chunk]:
        samples = say(self.text)[:, None]
        t = np.arange(len(samples)) / RATE
        for at in range(0, len(t), self.step):
            chunk = Chunk(t[at : at + self.step], samples[at : at + self.step])
            self.health.count(chunk)
            yield chunk
        if self.end == "break":
            raise SourceError("the microphone went away: plug it in again")
        while self.end == "wait":
            time.sleep(0.01)
            yield Chunk(np.empty(0), np.empty((0, 1), np.float32))


@cache
def network() -> bytes:
    """Return an int8 network that compares the low bands with the high bands."""
    frames, bands = SPECIFICATION["shape"]
    low = np.linspace(1, -1, bands) / 15
    dense = np.stack([low, -low, 0 * low], axis=1).astype(np.float32)
    rng = np.random.default_rng(0)
    samples = rng.uniform(-16, 6, (64, frames, bands)).astype(np.float32)
    samples[:32] = -5 + rng.uniform(-8, 8, (32, 1, 1)) * np.sign(low)
    return convert(
        lambda tf, x: tf.nn.softmax(3 * tf.reduce_mean(x, axis=1) @ dense + [0.0, 0.0, 4.5]),
        samples,
    )


def write_model(path: Path, task: str, labels: list[str], **decision: Any) -> Path:
    """Write a model whose last label is the background."""
    *words, none = labels
    settings = {
        "kind": "spotting",
        "background_labels": [none],
        "smoothing_s": 0.12,
        "refractory_s": 0.5,
        "release_ratio": 0.6,
        "thresholds": dict.fromkeys(words, 0.6),
        **decision,
    }
    manifest = Manifest(task, labels, SPECIFICATION, settings)
    path.write_bytes(attach(network(), manifest))
    return path
