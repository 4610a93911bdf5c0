"""The networks, as Keras builds them or by hand, and their conversion to int8."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

EXAMPLES = 2  # random images of values 0 to 255 that set the int8 ranges
LARGE = 1 << 22  # weights of a dense layer
# By name in the table: the class of keras.applications, or a function of this module.
NETWORKS = {
    "LeNet-5": "lenet",
    "AlexNet": "alexnet",
    "MobileNetV3Small": "MobileNetV3Small",
    "MobileNet": "MobileNet",
    "MobileNetV2": "MobileNetV2",
    "MobileNetV3Large": "MobileNetV3Large",
    "NASNetMobile": "NASNetMobile",
    "EfficientNetB0": "EfficientNetB0",
    "EfficientNetV2B0": "EfficientNetV2B0",
    "DenseNet121": "DenseNet121",
    "ResNet50": "ResNet50",
    "ResNet50V2": "ResNet50V2",
    "InceptionV3": "InceptionV3",
    "Xception": "Xception",
    "ConvNeXtTiny": "ConvNeXtTiny",
    "ResNet101": "ResNet101",
    "InceptionResNetV2": "InceptionResNetV2",
    "EfficientNetB4": "EfficientNetB4",
    "NASNetLarge": "NASNetLarge",
    "VGG16": "VGG16",
    "VGG19": "VGG19",
}


def lenet() -> Any:
    """LeNet-5 (LeCun and others 1998), with the softmax that later copies have."""
    from tensorflow.keras import Input, Sequential, layers

    return Sequential(
        [
            Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(120, 5, activation="tanh"),
            layers.Flatten(),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def alexnet() -> Any:
    """AlexNet (Krizhevsky and others 2012), without the division over two GPUs."""
    from tensorflow.keras import Input, Sequential, layers

    return Sequential(
        [
            Input((227, 227, 3)),
            layers.Conv2D(96, 11, strides=4, activation="relu"),
            layers.MaxPooling2D(3, 2),
            layers.Conv2D(256, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(3, 2),
            layers.Conv2D(384, 3, padding="same", activation="relu"),
            layers.Conv2D(384, 3, padding="same", activation="relu"),
            layers.Conv2D(256, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(3, 2),
            layers.Flatten(),
            layers.Dense(4096, activation="relu"),
            layers.Dense(4096, activation="relu"),
            layers.Dense(1000, activation="softmax"),
        ]
    )


def _with_equal_weights(layer: Any) -> Callable[..., Any]:
    """A dense layer whose weights are all equal: the converter stores them as one number.

    Other weights take a hundred bytes of its memory each.
    """
    import tensorflow as tf

    shape = layer.kernel.shape

    def call(x: Any, training: Any = None) -> Any:
        weights = tf.fill(shape, tf.constant(1 / shape[0], tf.float32))
        return layer.activation(tf.matmul(x, weights) + layer.bias)

    return call


def convert(name: str, folder: Path) -> None:
    """Write the int8 network (NAME.tflite) and its facts (NAME.json) to a folder."""
    import numpy as np
    from tensorflow import keras

    from edge.convert.network import FloatNetwork
    from edge.convert.quantise import int8_network
    from edge.formats.atomic_write import atomic_write

    makers: Mapping[str, Callable[[], Any]] = {"lenet": lenet, "alexnet": alexnet}
    chosen = NETWORKS[name]
    if chosen in makers:
        network = makers[chosen]()
    else:
        # Without softmax: random weights give outputs so alike that no int8 scale distinguishes
        # them. MobileNetV3 has no fixed size of its input.
        sizes = {"input_shape": (224, 224, 3)} if chosen.startswith("MobileNetV3") else {}
        network = getattr(keras.applications, chosen)(
            weights=None, classifier_activation=None, **sizes
        )
    rng = np.random.default_rng(0)
    # A new LayerNormalization gives means of zero, and its epsilon is far below the variance of
    # random layers: no int8 scale represents such small numbers.
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.LayerNormalization):
            layer.epsilon = 0.1
            for weight in layer.weights:
                weight.assign(rng.uniform(0.1, 1, weight.shape))
        if isinstance(layer, keras.layers.Dense) and layer.kernel.shape.num_elements() > LARGE:
            layer.call = _with_equal_weights(layer)
    shape = tuple(network.inputs[0].shape[1:])
    images = rng.uniform(0, 255, (EXAMPLES, *shape)).astype(np.float32)
    content = int8_network(
        FloatNetwork(shape, lambda x: network(x, training=False), kept=network), images
    )
    facts = {"input": "x".join(map(str, shape)), "parameters": network.count_params()}
    atomic_write(folder / f"{name}.json", json.dumps(facts).encode())
    atomic_write(folder / f"{name}.tflite", content)  # last: it shows that both are there
