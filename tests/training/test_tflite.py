"""Export to int8: a reduced file runs on every runtime, and its weights can be read back."""

from __future__ import annotations

import numpy as np
import pytest
from tensorflow import keras, lite

from edge.model.runtime import interpreter_class
from training.common import tflite, tflite_file
from training.sound.learn import network
from training.sound.learn.network_config import TINY
from training.sound.learn.pretrained_model import from_tflite

pytestmark = pytest.mark.filterwarnings("ignore")  # the converter warns of itself

INPUT = (66, 40)


@pytest.fixture(scope="module")
def folded() -> keras.Model:
    keras.utils.set_random_seed(1)
    fresh = network.build_trainable(INPUT, 3, TINY)
    for weight in fresh.trainable_weights:
        if len(weight.shape) == 1:  # after a training no weight is 0 or 1
            weight.assign_add(np.random.uniform(0.05, 0.2, weight.shape))
    return network.fold_batchnorm(fresh, TINY)


@pytest.fixture(scope="module")
def windows() -> np.ndarray:
    return np.random.default_rng(1).normal(-5, 3, (60, *INPUT)).astype(np.float32)


def test_every_runtime_gives_the_scores_of_keras(folded: keras.Model, windows: np.ndarray) -> None:
    model = tflite.to_int8(folded, windows)
    scores = []
    for kind in (interpreter_class()[1], lite.Interpreter):
        interpreter = kind(model_content=model)
        interpreter.allocate_tensors()
        (input_,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()
        scale, zero = input_["quantization"]
        levels = np.clip(np.rint(windows[:1] / scale) + zero, -128, 127).astype(np.int8)
        interpreter.set_tensor(input_["index"], levels)
        interpreter.invoke()
        scale, zero = output["quantization"]
        scores.append((interpreter.get_tensor(output["index"])[0] - float(zero)) * scale)
    expected = network.probabilities(folded, windows[:1])[0]
    for found in scores:
        assert np.abs(found - expected).max() < 0.05


def test_weights_can_be_read_back_from_a_model(folded: keras.Model, windows: np.ndarray) -> None:
    model = tflite.to_int8(folded, windows)
    again = from_tflite(model, INPUT, 3, TINY)
    difference = network.probabilities(again, windows) - network.probabilities(folded, windows)
    assert np.abs(difference).max() < 0.05


def test_equal_arrays_are_written_once(folded: keras.Model, windows: np.ndarray) -> None:
    model = tflite.to_int8(folded, windows)
    zeros_of_a_layer = np.zeros(TINY.width, np.int64).tobytes()
    graph = tflite_file.flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    equal = [
        tensor
        for tensor in graph.subgraphs[0].tensors
        if tensor.quantization is not None
        and np.array(tensor.quantization.zeroPoint).tobytes() == zeros_of_a_layer
    ]
    assert len(equal) > 5
    assert len(model) < len(bytes(tflite_file.flatbuffer_utils.convert_object_to_bytearray(graph)))
