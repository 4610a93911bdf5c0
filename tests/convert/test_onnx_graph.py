"""The operators of ONNX compute what onnxruntime computes."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from onnx import numpy_helper

from edge.convert.onnx_graph import read_onnx
from edge.errors import ModelError
from onnx_file import RNG, numbers, weights, write

BATCH_NORM = [weights(name, 4) for name in ("scale", "shift", "mean")]
VARIANCE = numpy_helper.from_array(RNG.uniform(0.5, 2, 4).astype(np.float32), "variance")
IMAGE, SIGNAL = (3, 9, 8), (3, 20)


def resized(mode, coordinates, **more):
    options = {"mode": mode, "coordinate_transformation_mode": coordinates, **more}
    return [("Resize", "x none factors", "y", options)]


def scales(*factors):
    """The inputs of a resize; without factors, only the empty one."""
    given = np.array([1, 1, *factors] if factors else [], np.float32)
    none = numpy_helper.from_array(np.empty(0, np.float32), "none")
    return [none, numpy_helper.from_array(given, "factors")]


CASES = {
    "conv": ([("Conv", "x w b", "y", {"pads": [1, 1, 1, 1]})], IMAGE,
             [weights("w", 4, 3, 3, 3), weights("b", 4)]),
    "conv, uneven": ([("Conv", "x w", "y", {"pads": [0, 2, 1, 1], "strides": [2, 1]})], IMAGE,
                     [weights("w", 4, 3, 3, 3)]),
    "conv, same": ([("Conv", "x w", "y", {"auto_pad": "SAME_LOWER", "strides": [2, 2]})], IMAGE,
                   [weights("w", 4, 3, 2, 2)]),
    "conv, dilated": ([("Conv", "x w", "y", {"dilations": [2, 2]})], IMAGE,
                      [weights("w", 4, 3, 3, 3)]),
    "conv, groups": ([("Conv", "x w", "y", {"group": 3})], IMAGE, [weights("w", 6, 1, 3, 3)]),
    "conv of a signal": ([("Conv", "x w", "y", {"pads": [2, 2]})], SIGNAL,
                         [weights("w", 4, 3, 5)]),
    "depthwise signal": ([("Conv", "x w", "y", {"group": 3, "pads": [2, 2]})], SIGNAL,
                         [weights("w", 3, 1, 5)]),
    "transposed conv": ([("ConvTranspose", "x w b", "y", {"strides": [2, 2], "pads": [1, 0, 0, 1],
                                                           "output_padding": [1, 1]})], IMAGE,
                        [weights("w", 3, 4, 3, 2), weights("b", 4)]),
    "transposed signal": ([("ConvTranspose", "x w", "y", {"strides": [2]})], SIGNAL,
                          [weights("w", 3, 4, 4)]),
    "batch norm": ([("Conv", "x w", "c", {}),
                    ("BatchNormalization", "c scale shift mean variance", "y", {})], IMAGE,
                   [weights("w", 4, 3, 3, 3), *BATCH_NORM, VARIANCE]),
    "pools": ([("MaxPool", "x", "a", {"kernel_shape": [3, 3], "strides": [2, 2],
                                       "pads": [1, 1, 1, 1]}),
               ("AveragePool", "a", "y", {"kernel_shape": [2, 2]})], IMAGE, []),
    "dense after conv": ([("Conv", "x w", "c", {}), ("Relu", "c", "r", {}),
                          ("Flatten", "r", "f", {}), ("Gemm", "f m b", "y", {"transB": 1})], IMAGE,
                         [weights("w", 4, 3, 3, 3), weights("m", 5, 168), weights("b", 5)]),
    "global pool": ([("Conv", "x w", "c", {}), ("GlobalAveragePool", "c", "g", {}),
                     ("Squeeze", "g axes", "y", {})], IMAGE,
                    [weights("w", 4, 3, 3, 3), numbers("axes", 2, 3)]),
    "residual": ([("Conv", "x w", "c", {"pads": [1, 1, 1, 1]}), ("Add", "c x", "a", {}),
                  ("Mul", "a k", "y", {})], IMAGE,
                 [weights("w", 3, 3, 3, 3), weights("k", 3, 1, 1)]),
    "concat": ([("Conv", "x w", "c", {"pads": [1, 1, 1, 1]}),
                ("Concat", "c x", "y", {"axis": 1})], IMAGE, [weights("w", 2, 3, 3, 3)]),
    "squeeze and excite": ([("Conv", "x w", "c", {}),
                            ("ReduceMean", "c", "m", {"axes": [2, 3], "keepdims": 1}),
                            ("HardSigmoid", "m", "h", {}), ("Mul", "c h", "y", {})], IMAGE,
                           [weights("w", 4, 3, 3, 3)]),
    "activations": ([("Conv", "x w", "c", {}), ("LeakyRelu", "c", "l", {"alpha": 0.1}),
                     ("Tanh", "l", "t", {}), ("Sigmoid", "t", "s", {}), ("Elu", "s", "e", {}),
                     ("Clip", "e low high", "y", {})], IMAGE,
                    [weights("w", 4, 3, 3, 3),
                     numpy_helper.from_array(np.float32(0.55), "low"),
                     numpy_helper.from_array(np.float32(0.65), "high")]),
    "shapes": ([("Reshape", "x shape", "r", {}), ("Transpose", "r", "t", {"perm": [0, 2, 1]}),
                ("MatMul", "t m", "p", {}), ("Softmax", "p", "y", {"axis": -1})], SIGNAL,
               [numbers("shape", 0, 6, 10), weights("m", 6, 4)]),
    "pad": ([("Pad", "x pads", "p", {}), ("Conv", "p w", "y", {})], IMAGE,
            [numbers("pads", 0, 0, 1, 2, 0, 0, 0, 1), weights("w", 4, 3, 3, 3)]),
    "slice": ([("Conv", "x w", "c", {}), ("Slice", "c first last axes steps", "y", {})], IMAGE,
              [weights("w", 4, 3, 3, 3), numbers("first", 1, -1, 0), numbers("last", 3, -99, 99),
               numbers("axes", 1, 2, -1), numbers("steps", 1, -2, 3)]),
    "slice of plain": ([("Slice", "x first last", "y", {})], (6,),
                       [numbers("first", 0, 1), numbers("last", 1, 2**62)]),
    "split": ([("Conv", "x w", "c", {}), ("Split", "c sizes", "a b", {"axis": 1}),
               ("Concat", "b a", "y", {"axis": 1})], IMAGE,
              [weights("w", 4, 3, 3, 3), numbers("sizes", 1, 3)]),
    "shape": ([("Shape", "x", "s", {}), ("Gather", "s one", "n", {}),
               ("Concat", "zero n rest", "t", {"axis": 0}), ("Cast", "t", "i", {"to": 7}),
               ("Reshape", "x i", "y", {})], SIGNAL,
              [numbers("one", 1), numbers("zero", 0), numbers("rest", -1)]),
    "nearest": (resized(b"nearest", "asymmetric", nearest_mode="floor"), IMAGE, scales(2, 2)),
    "nearest, centres": (resized(b"nearest", "half_pixel"), IMAGE, scales(3, 1)),
    "bilinear": (resized(b"linear", "pytorch_half_pixel"), IMAGE, scales(2, 2)),
    "bilinear, corners": (resized(b"linear", "align_corners"), IMAGE, scales(2, 3)),
    "bilinear, smaller": (resized(b"linear", "half_pixel"), IMAGE, scales(1 / 3, 0.5)),
    "bilinear to a size": ([("Resize", "x none none sizes", "y",
                             {"mode": "linear", "coordinate_transformation_mode": "asymmetric"})],
                           IMAGE, [numbers("sizes", 1, 3, 12, 12), scales()[0]]),
    "resized signal": (resized(b"linear", "half_pixel"), SIGNAL, scales(2)),
    "lstm": ([("Transpose", "x", "t", {"perm": [2, 0, 1]}),
              ("LSTM", "t w r b", "h", {"hidden_size": 4}),
              ("Squeeze", "h one", "s", {}), ("Transpose", "s", "y", {"perm": [1, 0, 2]})], SIGNAL,
             [weights("w", 1, 16, 3), weights("r", 1, 16, 4), weights("b", 1, 32),
              numbers("one", 1)]),
    "lstm of both directions": ([("Transpose", "x", "t", {"perm": [2, 0, 1]}),
                                 ("LSTM", "t w r", "h last",
                                  {"hidden_size": 4, "direction": "bidirectional"}),
                                 ("Reshape", "last shape", "y", {})], SIGNAL,
                                [weights("w", 2, 16, 3), weights("r", 2, 16, 4),
                                 numbers("shape", 1, 8)]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_operator_computes_what_onnxruntime_computes(tmp_path, name):
    nodes, shape, initializers = CASES[name]
    path = write(tmp_path / "a.onnx", nodes, shape, initializers)
    x = RNG.normal(size=(1, *shape)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"x": x})
    network = read_onnx(path)
    given = x if network.shape == shape else np.moveaxis(x, 1, -1)
    assert network.shape == given.shape[1:]
    found = network.compute(tf.constant(given)).numpy()
    if expected.ndim == 3 and found.shape != expected.shape:
        expected = np.moveaxis(expected, 1, -1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([("Einsum", "x x", "y", {"equation": "nc,nc->n"})], (3,)),
         "has operators that are not known here: Einsum; convert it with onnx2tf"),
        (([("Relu", "x", "y", {})], ("width",)), "an input whose size is not fixed"),
        (([("Add", "x z", "y", {})], (3,), (), 13, ("x", "z")), "has 2 inputs and 1 outputs"),
    ],
)  # fmt: skip
def test_a_graph_that_cannot_be_converted_is_refused(tmp_path, arguments, message):
    path = write(tmp_path / "a.onnx", *arguments)
    with pytest.raises(ModelError, match=message):
        read_onnx(path)


def test_an_operator_with_other_options_is_named(tmp_path):
    pool = ("MaxPool", "x", "y", {"kernel_shape": [2, 2], "ceil_mode": 1})
    network = read_onnx(write(tmp_path / "a.onnx", [pool], IMAGE))
    with pytest.raises(ModelError, match="ceil_mode"):
        network.compute(tf.zeros((1, 9, 8, 3)))


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (resized(b"cubic", "half_pixel")[0], "has the mode cubic"),
        (resized(b"nearest", "half_pixel", nearest_mode="ceil")[0], "TFLite cannot read"),
        (resized(b"linear", "tf_crop_and_resize")[0], "coordinates tf_crop_and_resize"),
    ],
)
def test_a_resize_that_tflite_does_not_have_is_refused(tmp_path, node, message):
    network = read_onnx(write(tmp_path / "a.onnx", [node], IMAGE, scales(2, 2)))
    with pytest.raises(ModelError, match=message):
        network.compute(tf.zeros((1, *network.shape)))


def test_a_long_lstm_is_refused(tmp_path):
    nodes = [("Transpose", "x", "t", {"perm": [2, 0, 1]}),
             ("LSTM", "t w r", "y", {"hidden_size": 4})]  # fmt: skip
    given = [weights("w", 1, 16, 3), weights("r", 1, 16, 4)]
    network = read_onnx(write(tmp_path / "a.onnx", nodes, (3, 300), given))
    with pytest.raises(ModelError, match="an LSTM has 300 steps, more than 256"):
        network.compute(tf.zeros((1, 3, 300)))


def test_an_lstm_with_shorter_sequences_is_refused(tmp_path):
    nodes = [("Transpose", "x", "t", {"perm": [2, 0, 1]}),
             ("LSTM", "t w r b lengths", "y", {"hidden_size": 4})]  # fmt: skip
    lengths = numpy_helper.from_array(np.array([5], np.int32), "lengths")
    given = [weights("w", 1, 16, 3), weights("r", 1, 16, 4), weights("b", 1, 32), lengths]
    network = read_onnx(write(tmp_path / "a.onnx", nodes, (3, 8), given))
    with pytest.raises(ModelError, match="an LSTM has sequences of several lengths"):
        network.compute(tf.zeros((1, 3, 8)))


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"hello")
    with pytest.raises(ModelError, match="cannot be read as ONNX"):
        read_onnx(tmp_path / "a.onnx")
