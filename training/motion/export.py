"""The model file as a product of training: quantised, labelled, and scored as devices score it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.motion.stroke import StrokeFeatures
from edge.model.manifest import Manifest, attach
from edge.model.model import Model
from training.common.atomic_write import write_file
from training.common.tflite import to_int8
from training.motion.simulated_people import IDLE
from training.motion.strokes import LABELS, NONE, Strokes

FALSE_DIGITS = 3.0  # in half an hour of walks, fidgets and scribbles, of people made for choosing
THRESHOLDS = np.arange(0.5, 1.0, 0.01)


def write(
    path: Path,
    network: keras.Model,
    calibration: NDArray[np.float32],
    threshold: float,
    provenance: dict[str, Any],
) -> None:
    """Quantise and write, with a manifest that says everything a device must know."""
    decision = {"kind": "single", "threshold": round(threshold, 2), "none": NONE}
    manifest = Manifest(
        "airdigit", list(LABELS), StrokeFeatures.specification(), decision, provenance
    )
    write_file(path, attach(to_int8(network, calibration), manifest))


def device_scores(model: Model, strokes: Strokes) -> NDArray[np.float32]:
    """Scores of the int8 model, through the device's own runtime."""
    return np.stack([model.scores(tensor) for tensor in strokes.tensors])


def quantised(
    network: keras.Model, calibration: NDArray[np.float32], threshold: float = 0.5
) -> Model:
    """The int8 model of a network, without keeping a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "airdigit.tflite"
        write(path, network, calibration, threshold, {})
        return Model.load(path)


def threshold_for(scores: NDArray[np.float32], judges: Strokes, seconds: float) -> float:
    """The lowest threshold that keeps false digits within the budget.

    `seconds`: how long the judges did anything but draw.
    """
    idle = (judges.label == NONE) & (judges.order == IDLE)
    sure = 1 - scores[idle, LABELS.index(NONE)]
    for threshold in THRESHOLDS:
        if (sure >= threshold).sum() * 1800.0 / seconds <= FALSE_DIGITS:
            break
    return float(threshold)
