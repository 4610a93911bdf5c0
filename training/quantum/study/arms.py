"""The arms of the study: four networks that differ only in their first stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.specification import FRAMES
from training.quantum.circuits import SCALE, build_layer, random_quanvolution
from training.sound.data.log_mel import BANDS
from training.sound.learn import network
from training.sound.learn.network_config import NetworkConfig

NONE, ORDINARY = "no stage", "ordinary convolution"
RANDOM, TRAINED = "quanvolution, random", "quanvolution, trained"
ARMS = (RANDOM, TRAINED, ORDINARY, NONE)
CHANNELS = 4  # per patch of 2x2, in every arm that has a stage
STAGE = "stage"  # the name of its layer


@dataclass(frozen=True)
class Arm:
    """A network of the study before and during training."""

    name: str
    config: NetworkConfig
    network: keras.Model
    """The layers behind the stage."""
    model: keras.Model
    """The stage and the network; its input are windows scaled to 0..1."""


@dataclass(frozen=True)
class FinishedArm:
    """A network of the study after training."""

    network: keras.Model
    """The part that is exported as int8, with folded batch normalisation."""
    stage: Quanvolution | None
    """The stage in front of it; None if the network contains it, or without a stage."""
    quanvolution: dict[str, Any] | None
    """The description of the stage for a manifest."""
    weights: int
    """Number of trained weights, with the angles if they were trained."""


def scale_windows(windows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return log-mel windows scaled to 0..1 as in the quanvolution: the input of every arm."""
    low, high = SCALE
    return np.clip((windows.astype(np.float32) - low) * (1 / (high - low)), 0, 1)


def build_arm(name: str, seed: int, classes: int, config: NetworkConfig) -> Arm:
    """Return an untrained network; the arms of a seed have the same weights behind the stage.

    `config` is that of a network behind a stage. Without a stage the first layer has stride 2.
    """
    keras.utils.set_random_seed(seed)
    inputs: tuple[int, ...] = FRAMES // 2, BANDS // 2, CHANNELS
    if name == NONE:
        config, inputs = replace(config, stride=2), (FRAMES, BANDS)
    plain = network.build_trainable(inputs, classes, config)
    windows = keras.Input((FRAMES, BANDS))
    if name == NONE:
        model = keras.Model(windows, plain(windows))
    elif name == ORDINARY:
        stage = keras.layers.Conv2D(CHANNELS, 2, strides=2, activation="relu", name=STAGE)
        model = keras.Model(windows, plain(_convolve(windows, stage)))
    else:
        description = {**random_quanvolution(seed), "scale": None}
        stage = build_layer(description, trainable=name == TRAINED)
        model = keras.Model(windows, plain(stage(windows)))
    return Arm(name, config, plain, model)


def finish_arm(arm: Arm) -> FinishedArm:
    """Return the parts of a trained network as a device runs them."""
    final = network.fold_batchnorm(arm.network, arm.config)
    if arm.name in (RANDOM, TRAINED):
        layer = arm.model.get_layer(STAGE)
        description = layer.description()
        stage, quanvolution = Quanvolution(description, BANDS), {**description, "scale": [*SCALE]}
        angles = layer.count_params() if arm.name == TRAINED else 0
        return FinishedArm(final, stage, quanvolution, final.count_params() + angles)
    if arm.name == ORDINARY:
        windows = keras.Input((FRAMES, BANDS))
        final = keras.Model(windows, final(_convolve(windows, arm.model.get_layer(STAGE))))
    return FinishedArm(final, None, None, final.count_params())


def _convolve(windows: keras.KerasTensor, layer: keras.layers.Layer) -> keras.KerasTensor:
    return layer(keras.layers.Reshape((*windows.shape[1:], 1))(windows))
