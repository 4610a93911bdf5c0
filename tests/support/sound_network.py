"""A small network with the input of the sound models, for tests that need any such network.

Its weights are random, from a fixed seed: the scores mean nothing, but they are always the same.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.windows import SoundFeatures
from edge.model import Manifest, attach
from tflite_network import convert

INPUT = SoundFeatures.specification({"shape": [49]})  # a second
LABELS = ["one", "two", "silence", "unknown"]
DECISION = {
    "kind": "spotting",
    "background_labels": ["silence", "unknown"],
    "smoothing_s": 0.12,
    "refractory_s": 0.5,
    "release_ratio": 0.7,
    "word_prior": 3.0,
    "thresholds": {"one": 0.4, "two": 0.4},
    "operating_points": [
        {"false_per_hour": 1.0, "threshold": 0.9},
        {"false_per_hour": 500.0, "threshold": 0.3},
    ],
}


def weights() -> NDArray[np.float32]:
    """Return (bands, labels)."""
    bands = INPUT["shape"][1]
    dense = np.random.default_rng(3).normal(0, 0.25, (bands, len(LABELS))).astype(np.float32)
    return dense - dense.mean(axis=0)


@cache
def network() -> bytes:
    """Return an int8 network: one dense layer over the mean of each band."""
    frames, bands = INPUT["shape"]
    dense = weights()
    samples = np.random.default_rng(4).uniform(-13.8, 6, (64, frames, bands)).astype(np.float32)
    return convert(
        lambda tf, x: tf.nn.softmax(tf.reduce_mean(x, axis=1) @ tf.constant(dense)), samples
    )


def write_model(path: Path, decision: dict[str, object] | None = None) -> Path:
    manifest = Manifest("kws", LABELS, INPUT, decision or DECISION)
    path.write_bytes(attach(network(), manifest))
    return path
