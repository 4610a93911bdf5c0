"""The training set of a network behind a quanvolution."""

from __future__ import annotations

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
from training.sound.learn.training_sets import TrainingSet


@dataclass(frozen=True)
class QuanvolutionTrainingSet(TrainingSet):
    """A training set whose windows pass through a quanvolution.

    The targets are the scores of the base, one for each of its classes. The labels of the clips
    only decide how often each clip is drawn.
    """

    quanvolution: Mapping[str, Any]
    base: keras.Model
    """A folded network for log-mel windows."""

    @classmethod
    def of(
        cls, training_set: TrainingSet, quanvolution: Mapping[str, Any], base: keras.Model
    ) -> QuanvolutionTrainingSet:
        return cls(**vars(training_set), quanvolution=quanvolution, base=base)

    @property
    def inputs(self) -> tuple[int, ...]:
        return stage_shape(self.quanvolution)

    def batches(self, config: FitConfig) -> DrawBatch:
        draw, stage = super().batches(config), build_layer(self.quanvolution)
        base = network.by_class(self.base)

        def draw_batch(ignored: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            windows, _ = draw(ignored)
            return stage(windows), base(windows, training=False)

        return draw_batch


def stage_shape(quanvolution: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape of the output of a quanvolution for a window."""
    stage = Quanvolution(quanvolution, BANDS)
    return FRAMES // stage.rows_in, *stage.shape
