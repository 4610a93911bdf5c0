"""A small untrained network with AirDigit's input and output, for tests that need any network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from edge.features.motion.inputs import POINTS
from edge.features.motion.pose import CHANNELS
from edge.features.motion.stroke import StrokeFeatures
from edge.model import Manifest, attach
from tflite_network import convert

DIGITS = "0123456789"
LABELS = [*DIGITS, "none", "upside down"]


@cache
def network(operation: str = "plain") -> bytes:
    """Return an int8 network of a convolution and a dense layer.

    `operation` "gelu" adds an operator that TFLite Micro lacks.
    """
    rng = np.random.default_rng(3)
    kernel = rng.normal(0, 0.3, (5, 1, CHANNELS, 8)).astype(np.float32)
    dense = rng.normal(0, 0.15, (POINTS // 2 * 8, len(LABELS))).astype(np.float32)
    samples = rng.normal(0, 1, (32, POINTS, CHANNELS)).astype(np.float32)

    def compute(tf, x):  # noqa: ANN001, ANN202
        x = tf.reshape(x, [1, POINTS, 1, CHANNELS])
        x = tf.nn.relu(tf.nn.conv2d(x, tf.constant(kernel), [1, 2, 1, 1], "SAME"))
        if operation == "gelu":
            x = tf.nn.gelu(x, approximate=True)
        return tf.nn.softmax(tf.reshape(x, [1, dense.shape[0]]) @ tf.constant(dense))

    return convert(compute, samples)


def write_model(path: Path, operation: str = "plain", task: str = "airdigit") -> Path:
    decision = {
        "kind": "stroke",
        "none_label": "none",
        "upside_down_label": "upside down",
        "thresholds": dict.fromkeys(DIGITS, 0.2),
        "recording_thresholds": dict.fromkeys(DIGITS, 0.1),
    }
    manifest = Manifest(task, LABELS, StrokeFeatures.specification(), decision)
    path.write_bytes(attach(network(operation), manifest))
    return path
