"""The model file of a network of urban sounds."""

from __future__ import annotations

from typing import Any

from edge.model import Manifest, attach
from edge.model.model import Model
from training.common.int8_model import load_model
from training.urban.config import specification
from training.urban.metadata import LABELS

TASK = "urbansound"
# A sound of the city lasts for seconds, and one that goes on is reported every ten seconds.
DECISION: dict[str, Any] = {
    "kind": "spotting",
    "background_labels": [],
    "smoothing_s": 0.8,
    "refractory_s": 3.0,
    "release_ratio": 0.5,
    "max_hold_s": 10.0,
}
UNCHOSEN = 0.5  # the threshold of a model for which none has been chosen


def model_file(int8: bytes, threshold: float, provenance: dict[str, Any]) -> bytes:
    """An int8 network with its manifest."""
    decision = {**DECISION, "thresholds": dict.fromkeys(LABELS, threshold), "operating_points": []}
    return attach(int8, Manifest(TASK, list(LABELS), specification(), decision, provenance))


def int8_model(int8: bytes) -> Model:
    """The model of an int8 network, without writing a file."""
    return load_model(model_file(int8, UNCHOSEN, {}), TASK)
