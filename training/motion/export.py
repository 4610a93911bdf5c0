"""The model file: the int8 network and a manifest, and beside it the float network as ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.stroke import StrokeFeatures
from edge.model import Manifest, attach
from edge.model.model import Model
from training.common.int8_model import load_model
from training.motion.strokes import DIGITS, LABELS, NONE, Strokes

TASK = "airdigit"
ANY_THRESHOLD = 0.5  # of models whose scores alone are used
CALIBRATION = 1000  # simulated strokes


def model_file(int8: bytes, threshold: float, provenance: dict[str, Any]) -> bytes:
    """An int8 network with a manifest that holds everything a device needs."""
    decision = {"kind": "single", "threshold": round(threshold, 2), "none_label": NONE}
    manifest = Manifest(TASK, list(LABELS), StrokeFeatures.specification(), decision, provenance)
    return attach(int8, manifest)


def int8_model(int8: bytes, threshold: float = ANY_THRESHOLD) -> Model:
    """The model of an int8 network, without writing a file."""
    return load_model(model_file(int8, threshold, {}), TASK)


def calibration_tensors(simulated: Strokes, recorded: Strokes) -> NDArray[np.float32]:
    """Model inputs that show the converter the ranges of all activations.

    Simulated and recorded digits in random order, without `none`.
    """
    digits = np.flatnonzero(np.isin(simulated.label, DIGITS))
    some = simulated[digits[:: max(1, len(digits) // CALIBRATION)]].tensors
    mixed = np.concatenate([some, recorded.tensors])
    return mixed[np.random.default_rng(0).permutation(len(mixed))]
