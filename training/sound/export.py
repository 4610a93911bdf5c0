"""Export of a trained network: the int8 model with its manifest, and the files beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.sound.windows import SoundFeatures
from edge.model import Manifest, attach
from edge.model.model import Model
from training.common.atomic_write import write_file
from training.common.int8_model import load_model
from training.common.onnx import to_onnx
from training.common.plots import ConfusionPlot, plot_confusion
from training.common.tflite import convert_to_int8
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.thresholds.config import SPOTTING_DEFAULTS
from training.sound.learn.network import to_streaming
from training.sound.learn.network_config import NetworkConfig
from training.sound.task import Task

UNCHOSEN_THRESHOLD = 0.5  # of a model for which no thresholds have been chosen yet
ONNX_SAMPLES = 200  # windows on which the ONNX network is compared with the Keras network


def to_int8(folded: keras.Model, config: NetworkConfig, windows: NDArray[np.float32]) -> bytes:
    """Return the streaming form of a folded network as int8; windows set the activation ranges."""
    single = to_streaming(folded, config, batch=1)
    return convert_to_int8(single, streaming_inputs(to_streaming(folded, config), windows))


def streaming_inputs(
    streaming: keras.Model, windows: NDArray[np.float32]
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield the inputs of a streaming network at one random step of each window."""
    names = [tensor.name for tensor in streaming.inputs]
    states = [
        np.zeros((len(windows), *tensor.shape[1:]), np.float32) for tensor in streaming.inputs[1:]
    ]
    rows = streaming.inputs[0].shape[1]
    starts = range(0, windows.shape[1], rows)
    chosen = np.random.default_rng(0).choice(starts, len(windows))
    for start in starts:
        inputs = [windows[:, start : start + rows], *states]
        for window in np.flatnonzero(chosen == start):
            yield {name: values[window][None] for name, values in zip(names, inputs, strict=True)}
        _, *states = streaming.predict_on_batch(inputs)  # `predict` would take most of the time


def default_decision(task: Task) -> dict[str, Any]:
    """Return a decision for a network whose thresholds have not been chosen."""
    return {
        **SPOTTING_DEFAULTS,
        "background_labels": list(task.background_labels),
        "thresholds": dict.fromkeys(task.event_labels, UNCHOSEN_THRESHOLD),
    }


def model_file(
    tflite: bytes,
    task: Task,
    features: Mapping[str, Any] | None = None,
    decision: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> bytes:
    """Return an int8 network with its manifest, which says everything that a device needs to know.

    `features` describes its input, where that differs from the shipped models.
    """
    specification = SoundFeatures.specification(features)
    decision = decision or default_decision(task)
    manifest = Manifest(
        task.name, list(task.labels), specification, dict(decision), dict(provenance or {})
    )
    return attach(tflite, manifest)


def load_int8(tflite: bytes, task: Task, features: Mapping[str, Any] | None = None) -> Model:
    """Return an int8 network as devices load it, without leaving a file behind."""
    return load_model(model_file(tflite, task, features), task.name)


@dataclass(frozen=True)
class ExportedModel:
    model: Model
    onnx_error: float
    """The largest difference between the scores of the ONNX and the Keras network."""


def export_model(
    path: Path, content: bytes, network: keras.Model, windows: NDArray[np.float32]
) -> ExportedModel:
    """Write the model file, and the float network as ONNX beside it."""
    onnx, error = to_onnx(network, windows[:ONNX_SAMPLES])
    write_file(path, content)
    write_file(path.with_suffix(".onnx"), onnx)
    return ExportedModel(Model.load(path), error)


def export_report(path: Path, card: str, scores: ClipScores) -> None:
    """Write the card and the confusion matrix beside the model file, and print the card."""
    accuracy = scores.accuracy(scores.int8)
    title = f"{path.name}: {accuracy:.1%} of {len(scores.truth)} clips correct"
    plots = [ConfusionPlot(scores.confusion(), title)]
    plot_confusion(plots, scores.labels, "said", path.with_suffix(".png"))
    write_file(path.with_suffix(".md"), card)
    print(card)
