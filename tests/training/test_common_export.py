"""Export: folded batch normalisation, float ONNX, int8, and weights read back."""

from __future__ import annotations

import numpy as np
import pytest
from tensorflow import keras

from edge.errors import ModelError
from training.common.keras_layers import assign_weights, convolutions, fold_batchnorm
from training.common.onnx import to_onnx
from training.common.tflite import to_int8
from training.common.tflite_file import read_weights

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves

layers = keras.layers


def network(normalised: bool, width: int = 6) -> keras.Model:
    """A convolution, a depthwise convolution and a dense layer."""
    inputs = keras.Input((8, 4, 3))
    x = layers.Conv2D(width, 3, use_bias=not normalised)(inputs)
    x = layers.BatchNormalization()(x) if normalised else x
    x = layers.DepthwiseConv2D((3, 1), use_bias=not normalised)(layers.ReLU()(x))
    x = layers.BatchNormalization()(x) if normalised else x
    x = layers.Flatten()(layers.ReLU()(x))
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(x))


@pytest.fixture(scope="module")
def trained() -> keras.Model:
    """A network with batch normalisation whose weights are neither 0 nor 1."""
    keras.utils.set_random_seed(2)
    model = network(normalised=True)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(np.random.uniform(0.5, 1.5, weight.shape))
    return model


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (50, 8, 4, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def folded(trained: keras.Model) -> keras.Model:
    plain = network(normalised=False)
    fold_batchnorm(trained, plain)
    plain.layers[-1].set_weights(trained.layers[-1].get_weights())
    return plain


def test_a_folded_network_computes_the_same(
    trained: keras.Model, folded: keras.Model, samples: np.ndarray
) -> None:
    expected = trained.predict(samples, verbose=0)
    assert np.abs(folded.predict(samples, verbose=0) - expected).max() < 1e-5
    assert np.ptp(expected, axis=0).max() > 0.01


def test_onnx_agrees_with_keras(folded: keras.Model, samples: np.ndarray) -> None:
    content, error = to_onnx(folded, samples)
    assert content and error < 1e-4


def test_weights_of_an_int8_file_fit_the_network_they_came_from(
    folded: keras.Model, samples: np.ndarray
) -> None:
    weights = read_weights(to_int8(folded, samples))
    again = network(normalised=False)
    assign_weights([*convolutions(again), again.layers[-1]], weights)
    difference = again.predict(samples, verbose=0) - folded.predict(samples, verbose=0)
    assert np.abs(difference).max() < 0.05


def test_weights_that_do_not_fit_are_refused(folded: keras.Model, samples: np.ndarray) -> None:
    weights = read_weights(to_int8(folded, samples))
    other = network(normalised=False, width=5)
    with pytest.raises(ModelError, match="3 layers with weights, and this network has 2"):
        assign_weights(convolutions(other), weights)
    with pytest.raises(ModelError, match="weights of shape"):
        assign_weights([*convolutions(other), other.layers[-1]], weights)
