"""Reading TFLite files, compared with TensorFlow's own schema and with counts made by hand."""

from __future__ import annotations

import contextlib
import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sound_network
import stroke_network
from edge.bench.model_file.peak_model import CHANNELS, MACS, SIDE, peak_model
from edge.errors import ModelError
from edge.model.runtime import interpreter_class, quiet
from edge.model.shipped import find_model, shipped_models
from edge.tflite.network import Network, read_network, truncate
from edge.tflite.schema import OPERATORS


def convert(function, *shapes) -> bytes:
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow's own
        signature = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
        concrete = tf.function(function, input_signature=signature).get_concrete_function()
        return tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()


def weights(*shape):
    return np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)


def load(model: bytes):
    with quiet():
        interpreter = interpreter_class()[1](model_content=model, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


@pytest.fixture(params=["stroke", "sound", "tiny", "float", *shipped_models()])
def model(request, tiny_network, float_network) -> bytes:
    builders = {
        "stroke": stroke_network.network,
        "sound": sound_network.network,
        "tiny": lambda: tiny_network.tflite,
        "float": lambda: float_network,
    }
    return builders.get(request.param, lambda: find_model(request.param).read_bytes())()


def test_operator_names_equal_those_of_the_schema():
    from tensorflow.lite.python import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}
    for code, name in enumerate(OPERATORS):
        assert names[code] == name


def test_read_network_agrees_with_the_schema(model):
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    expected = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    graph, found = expected.subgraphs[0], read_network(model)
    assert found.inputs == list(graph.inputs) and found.outputs == list(graph.outputs)
    assert len(found.tensors) == len(graph.tensors)
    for ours, theirs in zip(found.tensors, graph.tensors, strict=True):
        assert ours.name == (theirs.name or b"").decode() and ours.kind == theirs.type
        assert list(ours.shape) == ([] if theirs.shape is None else list(theirs.shape))
        scales = theirs.quantization.scale if theirs.quantization else None
        if scales is not None and len(scales) == 1:
            assert ours.scale == scales[0] and ours.zero == theirs.quantization.zeroPoint[0]
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}
    for ours, theirs in zip(found.operators, graph.operators, strict=True):
        assert ours.name == names[expected.operatorCodes[theirs.opcodeIndex].builtinCode]
        assert ours.inputs == tuple(theirs.inputs) and ours.outputs == tuple(theirs.outputs)


@pytest.mark.parametrize(
    ("name", "build", "macs"),
    [
        # rows x columns of the output x kernel x input channels x output channels
        (
            "CONV_2D",
            lambda tf, x: tf.nn.conv2d(x, weights(3, 5, 8, 6), 2, "SAME"),
            (5 * 6) * 15 * 8 * 6,
        ),
        (
            "CONV_2D",
            lambda tf, x: tf.nn.conv2d(x, weights(3, 5, 8, 6), 1, "VALID"),
            (8 * 8) * 15 * 8 * 6,
        ),
        (
            "DEPTHWISE_CONV_2D",
            lambda tf, x: tf.nn.depthwise_conv2d(x, weights(3, 3, 8, 2), [1, 1, 1, 1], "SAME"),
            (10 * 12) * 9 * 8 * 2,
        ),
        (
            "TRANSPOSE_CONV",
            lambda tf, x: tf.nn.conv2d_transpose(x, weights(2, 2, 3, 8), (1, 20, 24, 3), 2),
            (10 * 12) * 4 * 8 * 3,
        ),
        (
            "FULLY_CONNECTED",
            lambda tf, x: tf.reshape(x, [1, 960]) @ weights(960, 7),
            960 * 7,
        ),
        (
            "BATCH_MATMUL",
            lambda tf, x: tf.linalg.matmul(x, x, transpose_b=True),
            10 * 12 * 12 * 8,
        ),
    ],
)
def test_macs_equal_a_count_by_hand(name, build, macs):
    import tensorflow as tf

    network = read_network(convert(lambda x: build(tf, x), (1, 10, 12, 8)))
    assert name in network.counts
    assert network.macs == macs and network.uncounted == []


def test_uncounted_names_operators_with_loops():
    import tensorflow as tf

    def function(x):
        return tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x @ x), (0, x))[1]

    network = read_network(convert(function, (4, 4)))
    assert network.uncounted == ["WHILE"]


def test_macs_of_the_shipped_model_equal_the_sum_of_its_layers():
    network = read_network(find_model("airdigit").read_bytes())
    interpreter = load(find_model("airdigit").read_bytes())
    shapes = {detail["index"]: detail["shape"] for detail in interpreter.get_tensor_details()}
    expected = 0
    for operator in interpreter._get_ops_details():
        if operator["op_name"] in ("CONV_2D", "FULLY_CONNECTED"):
            kernel, result = shapes[operator["inputs"][1]], shapes[operator["outputs"][0]]
            expected += np.prod(result) * np.prod(kernel[1:])
    assert network.macs == expected > 100_000


def test_truncated_model_outputs_its_last_operator(model):
    network = read_network(model)
    whole = load(model)
    rng = np.random.default_rng(0)
    tensors = [  # of a streaming network: its states as well
        rng.uniform(-100, 100, detail["shape"]).astype(detail["dtype"])
        for detail in whole.get_input_details()
    ]
    for count in range(1, len(network.operators) + 1):
        shortened = load(truncate(model, network, count))
        (result,) = shortened.get_output_details()
        assert result["index"] == network.operators[count - 1].outputs[0]
        assert tuple(result["shape"]) == network.tensors[result["index"]].shape
    for interpreter in (whole, shortened):
        for detail, tensor in zip(interpreter.get_input_details(), tensors, strict=True):
            interpreter.set_tensor(detail["index"], tensor)
        interpreter.invoke()
    last = network.operators[-1].outputs[0]
    np.testing.assert_array_equal(shortened.get_tensor(last), whole.get_tensor(last))


def test_peak_model_computes_its_convolution():
    model = peak_model()
    assert read_network(model).macs == MACS
    interpreter = load(model)
    (given,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    image = np.zeros((1, SIDE, SIDE, CHANNELS), np.int8)
    image[0, 3, 4, 7] = 100
    interpreter.set_tensor(given["index"], image)
    interpreter.invoke()
    rng = random.Random(1)
    kernel = np.array([rng.randrange(-127, 128) for _ in range(CHANNELS**2)])
    expected = np.zeros(image.shape)
    expected[0, 3, 4] = kernel.reshape(CHANNELS, CHANNELS)[:, 7] * 100 * 0.01
    assert np.abs(interpreter.get_tensor(result["index"]) - expected).max() <= 0.51


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\0\0\0\0TFL3", b"PK\3\4" * 10, b"\xff" * 64])
def test_data_that_is_not_a_model_is_refused_in_one_sentence(data):
    with pytest.raises(ModelError, match=r"x\.tflite is (not a TFLite model|damaged)") as caught:
        read_network(data, "x.tflite")
    assert "\n" not in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_file_is_read_or_refused(data):
    damaged = bytearray(stroke_network.network())
    for _ in range(data.draw(st.integers(1, 8))):
        position = data.draw(st.integers(8, len(damaged) - 1))
        damaged[position] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(8, len(damaged)))]
    with contextlib.suppress(ModelError):
        assert isinstance(read_network(bytes(damaged)), Network)
