"""Feature windows for a model: a simulated signal, processed by the model's own features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.engines.base import Array
from edge.bench.inputs.simulated_signal import simulate, simulator_of
from edge.bench.inputs.tensors import COUNT, SEED
from edge.bench.inputs.windows import InputWindows
from edge.errors import ModelError
from edge.features import FEATURES, Window
from edge.model import Model
from edge.model.checks import check_input
from edge.model.model_file import read_model
from edge.model.network import StreamingNetwork
from edge.tflite.network import read_network


def manifest_file(path: Path) -> Path:
    """The file with the manifest. An ONNX file has none, but the .tflite file beside it has one."""
    return path if path.suffix == ".tflite" else path.with_name(path.name.split(".")[0] + ".tflite")


def model_windows(path: Path) -> InputWindows | None:
    """Windows of a simulated signal; None if the model has no manifest that fits."""
    try:
        content, manifest = read_model(manifest_file(path))
        check_input(manifest, path)
    except ModelError:
        return None
    simulator = simulator_of(manifest.input)
    windows = windows_of(manifest.input, simulator.sample_s)
    if not windows:
        return None
    network = read_network(content)
    tensor = network.tensors[network.inputs[0]]
    origin = f"{len(windows)} windows of a simulated {simulator.name}"
    tensors = np.stack(windows)
    states = _states(manifest_file(path), tensors) if len(network.inputs) > 1 else []
    return InputWindows(tensors, origin, tensor.scale, tensor.zero, states)


def _states(path: Path, windows: Array) -> list[Array]:
    """The states of a streaming network before the last step of each window."""
    model = Model.load(path)
    network = model.network
    assert isinstance(network, StreamingNetwork)
    states = []
    for window in windows:
        model.run(model.quantised(window[: -network.step]))
        states.append(network.states())
    return [np.stack(state) for state in zip(*states, strict=True)]


def windows_of(specification: Mapping[str, Any], seconds: float) -> list[Array]:
    """At most COUNT windows of a simulated signal for the `input` of a manifest.

    They are spread evenly over the signal because neighbours are much alike.
    """
    kind = FEATURES.load(specification["kind"])
    signal = simulate(specification, seconds, "active", SEED)
    features = kind(specification)
    windows = [
        window.tensor.copy()
        for chunk in signal.chunks
        for window in features.process(chunk)
        if isinstance(window, Window)
    ]
    return windows[:: max(1, len(windows) // COUNT)][:COUNT]
