"""The network in its forms: trainable, folded, for sequences, and streaming.

The trainable form has batch normalisation. The folded form has convolutions with a bias instead, so
that its weights can be read back from a shipped int8 model for an adaptation. The input of the
streaming form is the newest rows and the state of each layer; it gives the same scores for a stream
as the other forms give for its windows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from training.common import keras_layers
from training.sound.learn.architecture import connect_layers
from training.sound.learn.layers import Streaming, WholeSequence, WholeWindow
from training.sound.learn.network_config import NetworkConfig

layers = keras.layers


def build_trainable(
    inputs: tuple[int, ...],
    classes: int,
    config: NetworkConfig,
    groups: Sequence[int] | None = None,
) -> keras.Model:
    """Return an untrained network; `inputs` is (frames, bands), or has channels as well.

    With `groups` the network tells its classes apart, and its scores are sums over classes:
    `groups[k]` is the output of class k. The many words that are "unknown" sound so different that
    a single class cannot represent them.
    """
    return build(inputs, classes, config, True, groups)


def build(
    inputs: tuple[int, ...],
    classes: int,
    config: NetworkConfig,
    batch_norm: bool = False,
    groups: Sequence[int] | None = None,
) -> keras.Model:
    """Return a network for whole windows, folded or with batch normalisation."""
    x = keras.Input(inputs)
    y = connect_layers(x, WholeWindow(), classes, config, batch_norm, groups, inputs[0])
    return keras.Model(x, y)


def fold_batchnorm(trained: keras.Model, config: NetworkConfig) -> keras.Model:
    """Return the same function without batch normalisation."""
    output = output_layer(trained)
    inputs, groups = trained.input_shape[1:], class_groups(trained)
    folded = build(inputs, output.units, config, groups=groups)
    keras_layers.fold_batchnorm(trained, folded)
    output_layer(folded).set_weights(output.get_weights())
    return folded


def with_groups(
    trainable: keras.Model, config: NetworkConfig, groups: Sequence[int]
) -> keras.Model:
    """Return a copy whose scores are sums over classes.

    `groups` may have more classes than the network: the new ones come last.
    """
    copy = build_trainable(trainable.input_shape[1:], len(groups), config, groups)
    _copy_body(trainable, copy)
    kernel, bias = output_layer(copy).get_weights()
    known_kernel, known_bias = output_layer(trainable).get_weights()
    known = len(known_bias)
    kernel[:, :known], bias[:known] = known_kernel, known_bias
    output_layer(copy).set_weights([kernel, bias])
    return copy


def with_new_classes(folded: keras.Model, classes: int, config: NetworkConfig) -> keras.Model:
    """Return a copy of a folded network with an untrained last layer, for other words."""
    copy = build(folded.input_shape[1:], classes, config)
    _copy_body(folded, copy)
    return copy


def bias_class(folded: keras.Model, number: int, factor: float) -> None:
    """Multiply the odds of one class by a factor."""
    kernel, bias = output_layer(folded).get_weights()
    bias[number] += np.log(factor)
    output_layer(folded).set_weights([kernel, bias])


def to_streaming(
    folded: keras.Model, config: NetworkConfig, batch: int | None = None
) -> keras.Model:
    """Return the streaming form of a folded network.

    Inputs: the newest rows, and all states. Outputs: the scores, and the new states in the same
    order. After all rows of a window, the scores are those of the folded network for the window.
    """
    rows = folded.input_shape[1]
    past = Streaming(batch)
    shape = (batch, config.stride, *folded.input_shape[2:])
    x = keras.Input(batch_shape=shape, name="frames")
    classes, groups = output_layer(folded).units, class_groups(folded)
    y = connect_layers(x, past, classes, config, False, groups, rows)
    streaming = keras.Model([x, *past.states], [y, *past.new_states])
    keras_layers.copy_weights(folded, streaming)
    return streaming


def to_sequences(folded: keras.Model, config: NetworkConfig, rows: int) -> keras.Model:
    """Return a copy of a folded network for sequences of so many rows.

    Its scores, (b, steps, labels), are those of the folded network for every window of a sequence.
    """
    window_rows, bands = folded.input_shape[1:]
    x = keras.Input((rows, bands))
    classes, groups = output_layer(folded).units, class_groups(folded)
    y = connect_layers(x, WholeSequence(), classes, config, False, groups, window_rows)
    copy = keras.Model(x, y)
    copy.set_weights(folded.get_weights())
    return copy


def probabilities(network: keras.Model, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores of whole windows."""
    scores: NDArray[np.float32] = network.predict(windows, batch_size=512, verbose=0)
    return scores


def output_layer(network: keras.Model) -> keras.layers.Dense:
    """Return the layer that gives the scores of the classes, before they are summed in groups."""
    return _dense_layers(network)[0]


def by_class(folded: keras.Model) -> keras.Model:
    """Return the network with a score for each class, before they are summed in groups.

    It shares the layers of the given one.
    """
    return keras.Model(folded.input, output_layer(folded).output)


def class_groups(network: keras.Model) -> list[int] | None:
    """Return the groups of the layer that sums classes; None if there is no such layer."""
    _, *sums = _dense_layers(network)
    return sums[0].get_weights()[0].argmax(axis=1).tolist() if sums else None


def _dense_layers(network: keras.Model) -> list[keras.layers.Dense]:
    return [layer for layer in network.layers if isinstance(layer, layers.Dense)]


def _copy_body(source: keras.Model, target: keras.Model) -> None:
    """Copy the weights of all layers but the last ones, which are dense."""
    dense = layers.Dense
    bodies = (
        [at for at in model.layers if not isinstance(at, dense)] for model in (source, target)
    )
    for source_layer, target_layer in zip(*bodies, strict=True):
        target_layer.set_weights(source_layer.get_weights())
