"""The model file as a product of training: quantised, labelled, and asked as devices ask it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.sound import SoundFeatures
from edge.model.manifest import Manifest, attach
from edge.model.model import Model
from training.sound.task import Task
from training.sound.thresholds import SETTINGS
from training.tflite import to_int8

UNDECIDED = 0.5  # the thresholds of a network that nobody has listened through yet


def write(
    path: Path,
    network: keras.Model,
    calibration: NDArray[np.float32],
    task: Task,
    decision: dict[str, Any] | None = None,
    provenance: dict[str, Any] | None = None,
    wanted: dict[str, Any] | None = None,
) -> None:
    """Quantise and write, with a manifest that says everything a device must know.

    `wanted` is the input, where the network is not given the spectra themselves.
    """
    wanted = wanted or {"shape": network.input_shape[1:]}
    manifest = Manifest(
        *(task.name, list(task.labels), SoundFeatures.specification(wanted)),
        *(decision or undecided(task), provenance or {}),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(attach(to_int8(network, calibration), manifest))


def undecided(task: Task) -> dict[str, Any]:
    silent = list(task.labels[len(task.spoken) :])
    return {**SETTINGS, "silent": silent, "thresholds": dict.fromkeys(task.spoken, UNDECIDED)}


def quantised(
    network: keras.Model,
    calibration: NDArray[np.float32],
    task: Task,
    wanted: dict[str, Any] | None = None,
) -> Model:
    """The int8 model of a network, without keeping a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{task.name}.tflite"
        write(path, network, calibration, task, wanted=wanted)
        return Model.load(path)


def device_scores(model: Model, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores of the int8 model, through the device's own runtime."""
    return np.stack([model.scores(window) for window in windows])
