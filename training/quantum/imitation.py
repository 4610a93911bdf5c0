"""The network behind the stage imitates its base, a network for log-mel windows such as `kws`.

It starts with the weights of the base, and is trained to give the same scores for the same sound.
Only its first layer is another one, because its input is the output of the stage. The weights of
this layer are a least-squares fit: its outputs are those of the first layer of the base, as far as
a linear function of the stage's output can give them.
"""

from __future__ import annotations

import logging

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


def start_from_base(
    training_set: QuanvolutionTrainingSet, windows: NDArray[np.float32], config: NetworkConfig
) -> keras.Model:
    """Return the folded network behind the stage, before the training.

    The first layer is fitted to log-mel windows.
    """
    base = training_set.base
    classes, groups = network.output_layer(base).units, network.class_groups(base)
    behind_stage = network.build(training_set.inputs, classes, config, groups=groups)
    first, *others = [layer for layer in behind_stage.layers if layer.weights]
    base_first, *base_others = [layer for layer in base.layers if layer.weights]
    for layer, base_layer in zip(others, base_others, strict=True):
        layer.set_weights(base_layer.get_weights())
    outputs = keras.Model(base.input, base_first.output).predict(windows, verbose=0)
    stage_outputs = build_layer(training_set.quanvolution)(windows).numpy()
    inputs = keras.Model(behind_stage.input, first.input).predict(stage_outputs, verbose=0)
    first.set_weights(least_squares_weights(first, inputs, outputs))
    return behind_stage


def least_squares_weights(
    layer: keras.layers.Conv2D, inputs: NDArray[np.float32], outputs: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
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
    explained = 1 - (rows @ kernel - centred).var(axis=0) / np.maximum(centred.var(axis=0), TINY)
    log.info(
        "first layer: the fit gives %.0f to %.0f %% of the variance of each channel",
        *(100 * explained.min(), 100 * explained.max()),
    )
    shape = (height, width, inputs.shape[-1], outputs.shape[-1])
    return [
        kernel.reshape(shape).astype(np.float32),
        (targets_mean - rows_mean @ kernel).astype(np.float32),
    ]
