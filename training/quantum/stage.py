"""A quanvolution between the front end and the network of words, in training and on devices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow import keras

from edge.errors import ModelError
from edge.features.quantum.circuit import random_angles
from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.specification import FRAMES
from training.quantum.layer import TrainableQuanvolution
from training.sound.data.log_mel import BANDS
from training.sound.learn import network
from training.sound.learn.batches import DrawBatch
from training.sound.learn.config import FitConfig
from training.sound.learn.network_config import TINY, NetworkConfig
from training.sound.learn.training_sets import TrainingSet

SCALE = (-14.0, 8.0)  # nats: from the front end's floor to all but the loudest vowels, as 0 to 1
SHAPES = {"normal": NetworkConfig(stride=1), "tiny": replace(TINY, stride=1)}
"""The stage has halved frames and bands already, so the first convolution does not."""


@dataclass(frozen=True)
class StagedLesson(TrainingSet):
    """A training_set of which the network sees what a quanvolution makes."""

    quanvolution: Mapping[str, Any]

    @classmethod
    def of(cls, training_set: TrainingSet, quanvolution: Mapping[str, Any]) -> StagedLesson:
        return cls(**vars(training_set), quanvolution=quanvolution)

    @property
    def inputs(self) -> tuple[int, ...]:
        stage = Quanvolution(self.quanvolution, BANDS)
        return FRAMES // stage.rows_in, *stage.shape

    @property
    def fingerprint(self) -> str:
        said = super().fingerprint + json.dumps(self.quanvolution, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    def batches(self, config: FitConfig) -> DrawBatch:
        draw, staged = super().batches(config), layer(self.quanvolution)

        def drawn(count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            windows, classes = draw(count)
            return staged(windows), classes

        return drawn


def transplanted(
    known: keras.Model, training_set: StagedLesson, shape: NetworkConfig
) -> keras.Model:
    """A network that hears log-mel, made to go on behind the stage: its first layer is new."""
    fresh = network.build_trainable(training_set.inputs, known.output_shape[-1], shape)
    sources, targets = ([one for one in m.layers if one.weights] for m in (known, fresh))
    for source, target in zip(sources[1:], targets[1:], strict=True):
        target.set_weights(source.get_weights())
    return fresh


def layer(quanvolution: Mapping[str, Any], trainable: bool = False) -> TrainableQuanvolution:
    stage = TrainableQuanvolution(quanvolution, BANDS, trainable=trainable, name="stage")
    stage.build((None, FRAMES, BANDS))
    return stage


def drawn(seed: int) -> dict[str, Any]:
    """A quanvolution of one random layer, as the paper has it, with its gates spelt out."""
    random = {"seed": seed, "angles": random_angles(seed)}
    stage = Quanvolution({"scale": SCALE, "random_layers": random}, BANDS)
    return stage.description(stage.circuit)


def best_of(study: Path) -> tuple[dict[str, Any], str]:
    """The quanvolution that did best on the validation split of a study, and which that was."""
    try:
        runs = json.loads(study.read_text())["runs"]
        best = max((run for run in runs if run["circuit"]), key=lambda run: run["int8"]["val"])
        circuit, which = best["circuit"], f"{best['arm']}, seed {best['seed']}"
    except OSError as error:
        raise ModelError(f"{study} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelError(
            f"{study} holds no study: give a .json that training.qcnn_study wrote"
        ) from None
    return Quanvolution.specification(circuit, BANDS), which


def wanted(quanvolution: Mapping[str, Any]) -> dict[str, Any]:
    """The input of a model behind it, as a manifest describes it."""
    return {"quanvolution": quanvolution}
