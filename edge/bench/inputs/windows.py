"""Feature windows that a model is measured on, and their file for the worker processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.engines.base import Array


@dataclass(frozen=True)
class InputWindows:
    tensors: Array
    """(count, *shape) float32, before quantisation."""
    origin: str
    """Where the windows come from, in words."""
    scale: float
    """Quantisation scale of the int8 input of the .tflite file that has the manifest."""
    zero: int
    """Zero point of the same input."""
    states: list[Array] = field(default_factory=list)
    """The states of a streaming network before the last step of each window: (count, *shape)
    int8."""

    def save(self, path: Path) -> None:
        arrays: dict[str, Any] = {f"state{k}": state for k, state in enumerate(self.states)}
        arrays["quantisation"] = np.array([self.scale, self.zero], np.float64)
        np.savez(path, tensors=self.tensors, origin=np.array(self.origin), **arrays)

    @classmethod
    def load(cls, path: Path) -> InputWindows:
        with np.load(path) as file:
            scale, zero = file["quantisation"]
            states = [file[f"state{number}"] for number in range(len(file.files) - 3)]
            return cls(file["tensors"], str(file["origin"]), float(scale), int(zero), states)
