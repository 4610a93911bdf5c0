"""The training set and the initial weights of a network behind a quanvolution."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow import keras

from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.specification import FRAMES
from training.quantum.circuits import build_layer
from training.sound.data.log_mel import BANDS
from training.sound.learn import network
from training.sound.learn.batches import DrawBatch
from training.sound.learn.config import FitConfig
from training.sound.learn.network_config import NetworkConfig
from training.sound.learn.training_sets import TrainingSet


@dataclass(frozen=True)
class QuanvolutionTrainingSet(TrainingSet):
    """A training set whose windows pass through a quanvolution."""

    quanvolution: Mapping[str, Any]

    @classmethod
    def of(
        cls, training_set: TrainingSet, quanvolution: Mapping[str, Any]
    ) -> QuanvolutionTrainingSet:
        return cls(**vars(training_set), quanvolution=quanvolution)

    @property
    def inputs(self) -> tuple[int, ...]:
        stage = Quanvolution(self.quanvolution, BANDS)
        return FRAMES // stage.rows_in, *stage.shape

    @property
    def fingerprint(self) -> str:
        content = super().fingerprint + json.dumps(self.quanvolution, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def batches(self, config: FitConfig) -> DrawBatch:
        draw, stage = super().batches(config), build_layer(self.quanvolution)

        def draw_batch(ignored: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            windows, targets = draw(ignored)
            return stage(windows), targets

        return draw_batch


def with_pretrained_weights(
    pretrained: keras.Model, training_set: QuanvolutionTrainingSet, config: NetworkConfig
) -> keras.Model:
    """Return a network behind the stage with the weights of one for log-mel windows.

    The first layer has another shape and keeps its random weights.
    """
    fresh = network.build_trainable(training_set.inputs, pretrained.output_shape[-1], config)
    sources, targets = (
        [layer for layer in model.layers if layer.weights] for model in (pretrained, fresh)
    )
    for source, target in zip(sources[1:], targets[1:], strict=True):
        target.set_weights(source.get_weights())
    return fresh
