"""A small task with sound: two words, which are low and high noise, and a network for them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from edge.features.sound.windows import SoundFeatures
from edge.model import Manifest, attach
from edge.registry import Registry
from edge.samples import ACCEL, AUDIO
from edge.source import Source
from played_samples import PlayedSamples
from tflite_network import convert

RATE = 16000
SPECIFICATION = SoundFeatures.specification({"shape": [49]})  # windows of one second
SOURCES = Registry("tests.sources", {"tiny": "tiny_sound:TinyMicrophone"})
BANDS = {"l": (150, 700), "h": (2200, 3900), "n": (50, 7900)}  # Hz: low word, high word, noise
WORD_S = 0.4


def say(text: str, level: float = 0.1, seed: int = 0) -> np.ndarray:
    """Return sound: `l` and `h` are words, `n` is noise, `-` is 0.2 s of silence, `.` is 2 s."""
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


class TinyMicrophone(PlayedSamples):
    """Plays what `say` makes of a text; with `channels` it claims to be an accelerometer."""

    def __init__(self, text: str, step: int = 320, end: str = "end", channels: str = "") -> None:
        super().__init__(say(text)[:, None], ACCEL if channels else AUDIO, RATE, step, end)
        self.text = text

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument("--tiny", nargs="?", const=".l.", metavar="TEXT", help="what is said")
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


@cache
def network() -> bytes:
    """Return an int8 network that compares the low bands of the spectrogram with the high ones."""
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
    """Write a model for the low word, the high word, and a background label."""
    *words, background = labels
    settings = {
        "kind": "spotting",
        "background_labels": [background],
        "smoothing_s": 0.12,
        "refractory_s": 0.5,
        "release_ratio": 0.6,
        "thresholds": dict.fromkeys(words, 0.6),
        **decision,
    }
    manifest = Manifest(task, labels, SPECIFICATION, settings)
    path.write_bytes(attach(network(), manifest))
    return path
