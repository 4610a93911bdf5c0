"""What models are measured on: what they would really be given, or else random tensors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge import registry
from edge.bench.engines import Array, Port
from edge.bench.network import read_network
from edge.bench.signals import SIMULATED, simulate
from edge.errors import ModelError
from edge.features import FEATURES, Window
from edge.model.manifest import Manifest, read_model

COUNT = 16  # tensors, which take turns
SEED = 7


@dataclass(frozen=True)
class Windows:
    """Real inputs."""

    tensors: Array
    """(count, *shape) float32, before quantisation."""
    origin: str
    scale: float
    """Of the int8 input of the model whose manifest this is."""
    zero: int

    def save(self, path: Path) -> None:
        about = np.array([self.scale, self.zero], np.float64)
        np.savez(path, tensors=self.tensors, origin=np.array(self.origin), about=about)

    @classmethod
    def load(cls, path: Path) -> Windows:
        with np.load(path) as file:
            scale, zero = file["about"]
            return cls(file["tensors"], str(file["origin"]), float(scale), int(zero))


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
    return Windows(np.stack(windows), origin, tensor.scale, tensor.zero)


def tensors_for(ports: list[Port], windows: Windows | None) -> tuple[list[list[Array]], str]:
    """A list of tensors for each inference, and where they are from, in words."""
    if windows is not None and len(ports) == 1:
        port, size = ports[0], windows.tensors[0].size
        if size == np.prod(port.shape):
            shaped = windows.tensors.reshape(-1, *port.shape)
            if port.dtype == np.float32:
                return [[tensor] for tensor in shaped], windows.origin
            scale, zero = (port.scale, port.zero) if port.scale else (windows.scale, windows.zero)
            if port.dtype == np.int8 and scale:
                levels = np.clip(np.rint(shaped / scale) + zero, -128, 127).astype(np.int8)
                return [[tensor] for tensor in levels], windows.origin
    rng = np.random.default_rng(SEED)
    return [[_random(port, rng) for port in ports] for _ in range(COUNT)], _random_words(ports)


def _random(port: Port, rng: np.random.Generator) -> Array:
    """Anything that the type can hold; other integers may be places in a table, so 0 or 1."""
    if port.dtype in (np.int8, np.uint8):
        limits = np.iinfo(port.dtype)
        return rng.integers(limits.min, limits.max + 1, port.shape).astype(port.dtype)
    if port.dtype.kind == "f":
        return rng.uniform(-1, 1, port.shape).astype(port.dtype)
    return rng.integers(0, 2, port.shape).astype(port.dtype)


def _random_words(ports: list[Port]) -> str:
    kinds = ", ".join(sorted({str(port.dtype) for port in ports}))
    return f"random {kinds} (seed {SEED}), as nothing tells what the model is given"


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
