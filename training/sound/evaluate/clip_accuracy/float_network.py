"""The float network that belongs to an int8 model, from the ONNX file beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError

FloatNetwork = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Takes a batch of windows, returns the scores (windows, labels)."""


def load_onnx(file: Path, labels: int) -> FloatNetwork | None:
    """Return the network of an ONNX file, or None if there is no such file.

    ModelError if the file is not a network with that many labels.
    """
    if not file.is_file():
        return None
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
    except Exception as error:  # the exceptions of onnxruntime have no common base class
        raise _not_the_float_network(file, error) from None

    def scores(windows: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            # One window at a time: a network may have a fixed batch size of one.
            rows = [session.run(None, {name: window[np.newaxis]})[0] for window in windows]
            return np.concatenate(rows).astype(np.float32).reshape(len(windows), labels)
        except Exception as error:
            raise _not_the_float_network(file, error) from None

    return scores


def _not_the_float_network(file: Path, error: Exception) -> ModelError:
    reason = " ".join(str(error).split())[:200]
    return ModelError(
        f"{file} is not the float network of the model beside it ({reason}): "
        "delete it, or train the model again"
    )
