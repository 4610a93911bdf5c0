"""The network behind the stage imitates its base, a network for log-mel windows such as `kws`.

It starts with the weights of the base, and is trained to give the same scores for the same sound.
Only its first layer is another one, because its input is the output of the stage. The weights of
this layer are a least-squares fit: its outputs are those of the first layer of the base, as far as
a linear function of the stage's output can give them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.quantum.circuits import build_layer
from training.quantum.training_set import QuanvolutionTrainingSet
from training.sound.learn import network
from training.sound.learn.network_config import NetworkConfig

log = logging.getLogger(__name__)

TINY = 1e-9  # of a channel that never changes


@dataclass(frozen=True)
class Fit:
    """The weights of a first layer with which it comes closest to the first layer of the base."""

    weights: list[NDArray[np.float32]]
    """Kernel and bias."""
    explained: NDArray[np.float64]
    """For each channel, the share of its variance that the fit gives."""
    explained_share: float
    """The same for all channels together."""


def start_from_base(
    training_set: QuanvolutionTrainingSet, windows: NDArray[np.float32], config: NetworkConfig
) -> keras.Model:
    """Return the folded network behind the stage, before the training.

    The first layer is fitted to log-mel windows.
    """
    base = training_set.base
    behind_stage = build_behind_stage(base, training_set.inputs, config)
    others, base_others = _layers(behind_stage)[1:], _layers(base)[1:]
    for layer, base_layer in zip(others, base_others, strict=True):
        layer.set_weights(base_layer.get_weights())
    targets = first_layer_outputs(base, windows)
    fit = fit_first_layer(behind_stage, training_set.quanvolution, windows, targets)
    log.info(
        "first layer: the fit gives %.0f to %.0f %% of the variance of each channel",
        *(100 * fit.explained.min(), 100 * fit.explained.max()),
    )
    _layers(behind_stage)[0].set_weights(fit.weights)
    return behind_stage


def build_behind_stage(
    base: keras.Model, inputs: tuple[int, ...], config: NetworkConfig
) -> keras.Model:
    """Return a folded network with the classes of the base; its weights are random."""
    groups = network.class_groups(base)
    return network.build(inputs, network.output_layer(base).units, config, groups=groups)


def first_layer_outputs(base: keras.Model, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the outputs of the first layer of the base for log-mel windows."""
    first = keras.Model(base.input, _layers(base)[0].output)
    outputs: NDArray[np.float32] = first(windows, training=False).numpy()
    return outputs


def fit_first_layer(
    behind_stage: keras.Model,
    quanvolution: Mapping[str, Any],
    windows: NDArray[np.float32],
    targets: NDArray[np.float32],
) -> Fit:
    """Fit the first layer behind the stage to the targets, its outputs for log-mel windows."""
    first = _layers(behind_stage)[0]
    stage_outputs = build_layer(quanvolution)(windows)
    inputs = keras.Model(behind_stage.input, first.input)(stage_outputs, training=False)
    return least_squares_fit(first, inputs.numpy(), targets)


def least_squares_fit(
    layer: keras.layers.Conv2D, inputs: NDArray[np.float32], outputs: NDArray[np.float32]
) -> Fit:
    """Return the kernel and bias with which a convolution comes closest to the outputs."""
    (height, width), (across, along) = layer.kernel_size, layer.strides
    patches = tf.image.extract_patches(
        inputs, [1, height, width, 1], [1, across, along, 1], [1, 1, 1, 1], "VALID"
    ).numpy()
    rows = patches.reshape(-1, patches.shape[-1]).astype(np.float64)
    targets = outputs.reshape(-1, outputs.shape[-1]).astype(np.float64)
    rows_mean, targets_mean = rows.mean(axis=0), targets.mean(axis=0)
    rows, centred = rows - rows_mean, targets - targets_mean
    # The normal equations: 40 x 40 numbers in place of all patches.
    kernel = np.linalg.lstsq(rows.T @ rows, rows.T @ centred, rcond=None)[0]
    missing, variance = (rows @ kernel - centred).var(axis=0), centred.var(axis=0)
    shape = (height, width, inputs.shape[-1], outputs.shape[-1])
    return Fit(
        weights=[
            kernel.reshape(shape).astype(np.float32),
            (targets_mean - rows_mean @ kernel).astype(np.float32),
        ],
        explained=1 - missing / np.maximum(variance, TINY),
        explained_share=float(1 - missing.sum() / max(variance.sum(), TINY)),
    )


def _layers(model: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in model.layers if layer.weights]
