"""An exported model, scored by the runtime that devices use."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.model.model import Model


def load_model(content: bytes, name: str) -> Model:
    """The model of a .tflite file's content, without leaving a file behind."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.tflite"
        path.write_bytes(content)
        return Model.load(path)


def device_scores(model: Model, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, labels) scores of n inputs."""
    return np.stack([model.scores(tensor) for tensor in tensors])
