"""The model file as a product of training: quantised, labelled, and asked as devices ask it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.sound.windows import SoundFeatures
from edge.model.manifest import Manifest, attach
from edge.model.model import Model
from training.common.atomic_write import write_file
from training.common.tflite import convert_to_int8
from training.sound.evaluate.thresholds.config import SPOTTING_DEFAULTS
from training.sound.learn.layers import Shape
from training.sound.learn.network import steps
from training.sound.task import Task

UNDECIDED = 0.5  # the thresholds of a network that nobody has listened through yet


def write(
    path: Path,
    tflite: bytes,
    task: Task,
    decision: dict[str, Any] | None = None,
    provenance: dict[str, Any] | None = None,
    wanted: dict[str, Any] | None = None,
) -> None:
    """An int8 network, with a manifest that says everything a device must know.

    `wanted` is its input, where that is not what the shipped models have.
    """
    manifest = Manifest(
        *(task.name, list(task.labels), SoundFeatures.specification(wanted)),
        *(decision or undecided(task), provenance or {}),
    )
    write_file(path, attach(tflite, manifest))


def to_int8(network: keras.Model, shape: Shape, windows: NDArray[np.float32]) -> bytes:
    """The int8 form in steps of a folded network; windows set the ranges of its activations."""
    return convert_to_int8(
        steps(network, shape, batch=1), _some_steps(steps(network, shape), windows)
    )


def _some_steps(
    network: keras.Model, windows: NDArray[np.float32]
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """What a network in steps is given at some step of each window."""
    names = [given.name for given in network.inputs]
    memory = [
        np.zeros((len(windows), *given.shape[1:]), np.float32) for given in network.inputs[1:]
    ]
    rows = network.inputs[0].shape[1]
    starts = range(0, windows.shape[1], rows)
    chosen = np.random.default_rng(0).choice(starts, len(windows))
    for start in starts:
        given = [windows[:, start : start + rows], *memory]
        for window in np.flatnonzero(chosen == start):
            yield {name: values[window][None] for name, values in zip(names, given, strict=True)}
        _, *memory = network.predict(given, batch_size=512, verbose=0)


def undecided(task: Task) -> dict[str, Any]:
    silent = list(task.silent)
    return {
        **SPOTTING_DEFAULTS,
        "background_labels": silent,
        "thresholds": dict.fromkeys(task.spoken, UNDECIDED),
    }


def loaded(tflite: bytes, task: Task, wanted: dict[str, Any] | None = None) -> Model:
    """An int8 network as devices have it, without keeping a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{task.name}.tflite"
        write(path, tflite, task, wanted=wanted)
        return Model.load(path)


def device_scores(model: Model, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores of the int8 model, through the device's own runtime."""
    return np.stack([model.scores(window) for window in windows])
