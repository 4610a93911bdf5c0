"""The model file of a pressure network, and its scores on the runtime of devices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.model import Manifest, attach
from edge.model.model import Model
from training.common.int8_model import load_model
from training.pressure.config import (
    FIRST,
    INPUT,
    LAST,
    LENGTH,
    MIDDLE,
    OUTPUT,
    RATE,
    SPREAD,
    specification,
)
from training.pressure.windows import PressureWindows

TASK = "ppg2abp"


def model_file(int8: bytes, provenance: dict[str, Any]) -> bytes:
    """The int8 network with its manifest."""
    decision = {
        "kind": "sequence",
        "count": LENGTH,
        "first": FIRST,
        "last": LAST,
        "rate_hz": RATE,
        "unit": "mmHg",
        "offset": MIDDLE,
        "factor": SPREAD,
        "inputs": [INPUT],
    }
    return attach(int8, Manifest(TASK, [OUTPUT], specification(), decision, provenance))


def int8_model(int8: bytes) -> Model:
    """The model of an int8 network, without writing a file."""
    return load_model(model_file(int8, {}), TASK)


def int8_pressures(model: Model, windows: PressureWindows) -> NDArray[np.float32]:
    """(n, LENGTH) in mmHg."""
    found = [model.scores(tensor).reshape(LENGTH) for tensor in windows.ppg]
    return (MIDDLE + SPREAD * np.array(found).reshape(-1, LENGTH)).astype(np.float32)
