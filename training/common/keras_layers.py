"""Weights of Keras layers: batch normalisation folded, and weights of a .tflite file assigned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tensorflow import keras

from edge.errors import ModelError
from training.common.tflite_file import LayerWeights

layers = keras.layers


def convolutions(network: keras.Model) -> list[keras.layers.Layer]:
    """The convolutions and depthwise convolutions, from input to output."""
    kinds = (layers.Conv2D, layers.DepthwiseConv2D)
    return [layer for layer in network.layers if isinstance(layer, kinds)]


def fold_batchnorm(trained: keras.Model, plain: keras.Model) -> None:
    """Give `plain` convolutions with a bias, which compute what `trained` computes by convolutions
    without a bias, each followed by batch normalisation. Other layers keep their weights."""
    norms = [layer for layer in trained.layers if isinstance(layer, layers.BatchNormalization)]
    for norm, source, target in zip(norms, convolutions(trained), convolutions(plain), strict=True):
        gamma, beta, mean, variance = (w.astype(np.float64) for w in norm.get_weights())
        factor = gamma / np.sqrt(variance + norm.epsilon)
        kernel = source.get_weights()[0]
        # A depthwise kernel is (height, width, channels, 1); the others have the channels last.
        depthwise = isinstance(source, layers.DepthwiseConv2D)
        scaled = kernel * (factor[:, None] if depthwise else factor)
        target.set_weights([scaled, beta - mean * factor])


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Give the layers of `target` the weights of those of `source`, in the same order."""
    pairs = ([layer for layer in network.layers if layer.weights] for network in (source, target))
    for from_layer, to_layer in zip(*pairs, strict=True):
        to_layer.set_weights(from_layer.get_weights())


def assign_weights(targets: Sequence[keras.layers.Layer], weights: Sequence[LayerWeights]) -> None:
    """Give the layers the weights of a .tflite file. Raises ModelError if they do not fit."""
    if len(weights) != len(targets):
        raise ModelError(
            f"the model has {len(weights)} layers with weights, and this network has {len(targets)}"
        )
    for target, (kernel, bias) in zip(targets, weights, strict=True):
        kernel = kernel.transpose(1, 2, 3, 0) if kernel.ndim == 4 else kernel.T
        expected = tuple(target.get_weights()[0].shape)
        if kernel.shape != expected:
            raise ModelError(
                f"a layer of the model has weights of shape {kernel.shape}, and in this network it "
                f"has {expected}"
            )
        target.set_weights([kernel, bias])
