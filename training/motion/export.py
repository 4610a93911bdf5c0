"""The model file: the int8 network and a manifest, and beside it the float network as ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edge.features.motion.stroke import StrokeFeatures
from edge.features.motion.views import VIEW_NAMES
from edge.model import Manifest, attach
from edge.model.model import Model
from training.common.int8_model import load_model
from training.motion.scoring import VIEW_WEIGHTS
from training.motion.strokes import DIGITS, MODEL_LABELS, NONE, UPSIDE_DOWN
from training.motion.thresholds import Thresholds

TASK = "airdigit"
# Of models whose scores alone are used.
ANY_THRESHOLDS = Thresholds({digit: 0.5 for digit in DIGITS}, {})


def model_file(
    int8: bytes,
    thresholds: tuple[Thresholds, Thresholds],
    provenance: dict[str, Any],
    view_weights: Sequence[float] = VIEW_WEIGHTS,
) -> bytes:
    """An int8 network with a manifest that holds everything a device needs.

    The thresholds are those of live recognition, and those of recordings.
    """
    live, recordings = thresholds
    decision = {
        "kind": "stroke",
        "none_label": NONE,
        "upside_down_label": UPSIDE_DOWN,
        "thresholds": live.by_digit,
        "recording_thresholds": recordings.by_digit,
        "view_weights": dict(zip(VIEW_NAMES, view_weights, strict=True)),
    }
    specification = StrokeFeatures.specification()
    manifest = Manifest(TASK, list(MODEL_LABELS), specification, decision, provenance)
    return attach(int8, manifest)


def int8_model(
    int8: bytes,
    thresholds: tuple[Thresholds, Thresholds] = (ANY_THRESHOLDS, ANY_THRESHOLDS),
    view_weights: Sequence[float] = VIEW_WEIGHTS,
) -> Model:
    """The model of an int8 network, without writing a file."""
    return load_model(model_file(int8, thresholds, {}, view_weights), TASK)
