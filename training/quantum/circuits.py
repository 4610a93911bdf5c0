"""The quanvolution of a model: a random one, or the best one of a study."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.errors import ModelError
from edge.features.quantum.circuit import random_angles
from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.specification import FRAMES
from training.quantum.layer import TrainableQuanvolution
from training.sound.data.log_mel import BANDS

SCALE = (-14.0, 8.0)  # nats, mapped to 0..1: from the floor to all but the loudest vowels


def random_quanvolution(seed: int) -> dict[str, Any]:
    """Return a quanvolution of one random layer, as in the paper, described by its gates."""
    random = {"seed": seed, "angles": random_angles(seed)}
    stage = Quanvolution({"scale": SCALE, "random_layers": random}, BANDS)
    return stage.description(stage.circuit)


def best_of_study(path: Path) -> tuple[dict[str, Any], str]:
    """Return the quanvolution with the best validation accuracy in a study, and its name."""
    try:
        runs = json.loads(path.read_text())["runs"]
        best = max((run for run in runs if run["circuit"]), key=lambda run: run["int8"]["val"])
        quanvolution, name = best["circuit"], f"{best['arm']}, seed {best['seed']}"
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelError(
            f"{path} contains no study: give a .json that training.qcnn_study wrote"
        ) from None
    return Quanvolution.specification(quanvolution, BANDS), name


def model_input(quanvolution: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input of a model behind the quanvolution, for its manifest."""
    return {"quanvolution": quanvolution}


def build_layer(quanvolution: Mapping[str, Any], trainable: bool = False) -> TrainableQuanvolution:
    """Return the quanvolution as a Keras layer."""
    layer = TrainableQuanvolution(quanvolution, BANDS, trainable=trainable, name="stage")
    layer.build((None, FRAMES, BANDS))
    return layer
