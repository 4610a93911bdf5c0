"""What a model would really be given: simulated signal through its own features."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge import registry
from edge.bench.inputs.inputs import COUNT, SEED, Windows
from edge.bench.inputs.signals import SIMULATED, simulate
from edge.bench.model_file.tflite import read_network
from edge.bench.workers.engines import Array
from edge.errors import ModelError
from edge.features import FEATURES, Window
from edge.model import Model
from edge.model.manifest import Manifest, read_model
from edge.model.network import StreamingNetwork


def described_by(path: Path) -> Path:
    """The file with the manifest: an ONNX file has none, but may lie beside its .tflite."""
    return path if path.suffix == ".tflite" else path.with_name(path.name.split(".")[0] + ".tflite")


def real_windows(path: Path) -> Windows | None:
    """Simulated signal through the model's own features; None if the model has no manifest."""
    try:
        content, manifest = read_model(described_by(path))
    except ModelError:
        return None
    kind = manifest.input.get("kind")
    if kind not in SIMULATED:
        return None
    windows = _windows(manifest)
    if not windows:
        return None
    network = read_network(content)
    tensor = network.tensors[network.inputs[0]]
    origin = f"{len(windows)} windows of a simulated {SIMULATED[kind].name}"
    tensors, quantised = np.stack(windows), (tensor.scale, tensor.zero)
    memory = _remembered(described_by(path), tensors) if len(network.inputs) > 1 else []
    return Windows(tensors, origin, *quantised, memory)


def _remembered(path: Path, windows: Array) -> list[Array]:
    """What a network in steps remembers before the last step of each window."""
    model = Model.load(path)
    network = model.network
    assert isinstance(network, StreamingNetwork)
    kept = []
    for window in windows:
        model.run(model.quantised(window[: -network.step]))
        kept.append(network.memory())
    return [np.stack(each) for each in zip(*kept, strict=True)]


def _windows(manifest: Manifest) -> list[Array]:
    """Spread over the signal, so that they are not all of one moment."""
    kind = registry.load(FEATURES, manifest.input["kind"])
    seconds = SIMULATED[manifest.input["kind"]].sample_s
    signal = simulate(manifest.input, seconds, "active", SEED)
    features = kind(manifest.input, signal.channels)
    found = [
        window.tensor.copy()
        for chunk in signal.chunks
        for window in features.process(chunk)
        if isinstance(window, Window)
    ]
    return found[:: max(1, len(found) // COUNT)][:COUNT]
