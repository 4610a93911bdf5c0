"""What models are measured on: what they would really be given, or else random tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.workers.engines import Array, Port

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
    memory: list[Array] = field(default_factory=list)
    """(count, *shape) of int8: what a network in steps remembers before the last of each window."""

    def save(self, path: Path) -> None:
        arrays: dict[str, Any] = {f"memory{k}": kept for k, kept in enumerate(self.memory)}
        arrays["about"] = np.array([self.scale, self.zero], np.float64)
        np.savez(path, tensors=self.tensors, origin=np.array(self.origin), **arrays)

    @classmethod
    def load(cls, path: Path) -> Windows:
        with np.load(path) as file:
            scale, zero = file["about"]
            memory = [file[f"memory{number}"] for number in range(len(file.files) - 3)]
            return cls(file["tensors"], str(file["origin"]), float(scale), int(zero), memory)


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
                return [[tensor] for tensor in _levels(shaped, scale, zero)], windows.origin
    if windows is not None and [port.shape for port in ports[1:]] == [
        kept.shape[1:] for kept in windows.memory
    ]:
        step = _levels(windows.tensors[:, -ports[0].shape[1] :], windows.scale, windows.zero)
        steps = [list(given) for given in zip(step[:, None], *windows.memory, strict=True)]
        return steps, f"the last step of {windows.origin}"
    rng = np.random.default_rng(SEED)
    return [[_random(port, rng) for port in ports] for _ in range(COUNT)], _random_words(ports)


def _levels(tensors: Array, scale: float, zero: int) -> Array:
    return np.clip(np.rint(tensors / scale) + zero, -128, 127).astype(np.int8)


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
