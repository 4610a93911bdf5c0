"""Conversion: Keras to full int8 TFLite and to ONNX, and weights back out of a TFLite file."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

# How a network is best converted is not for who trains one.
logging.getLogger("tensorflow").setLevel(logging.ERROR)
logging.getLogger("tf2onnx").setLevel(logging.ERROR)

CALIBRATION = 1000  # strokes that set the ranges of the activations
LARGEST_ONNX_ERROR = 1e-4
LARGEST_SHARED = 1024  # bytes of an array that is looked for a second time


def to_int8(network: keras.Model, samples: NDArray[np.float32]) -> bytes:
    """Full int8, input and output included, built-in operations only."""
    # One stroke at a time, said at conversion: else the graph computes its own shape at each call.
    one = keras.Input(batch_shape=(1, *network.input_shape[1:]))
    single = keras.models.clone_model(
        network, input_tensors=one, clone_function=lambda layer: layer
    )
    step = max(1, len(samples) // CALIBRATION)
    return converted(single, ({single.inputs[0].name: sample[None]} for sample in samples[::step]))


def converted(network: keras.Model, examples: Iterable[Mapping[str, NDArray[np.float32]]]) -> bytes:
    """A network of one example at a time, in full int8; the examples name its inputs.

    Inputs and outputs are in the order of the network's: the converter has one of its own.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    shown = [dict(example) for example in examples]
    converter.representative_dataset = lambda: iter(shown)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with _quietly():
        content: bytes = converter.convert()
    return _slim(content, [given.name for given in network.inputs])


def to_onnx(network: keras.Model, samples: NDArray[np.float32]) -> tuple[bytes, float]:
    """The float network as ONNX, and the largest difference that onnxruntime shows from Keras."""
    import onnxruntime
    import tf2onnx

    signature = [tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name="input")]
    # from_keras fails with Keras 3: it looks for attributes that only Keras 2 had.
    with _quietly():
        model, _ = tf2onnx.convert.from_function(
            tf.function(lambda given: network(given, training=False), input_signature=signature),
            input_signature=signature,
            opset=17,
        )
    content: bytes = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {session.get_inputs()[0].name: samples})
    error = float(np.abs(scores - network.predict(samples, verbose=0)).max())
    if error > LARGEST_ONNX_ERROR:
        raise RuntimeError(f"the ONNX model differs from the Keras model by {error:.2g}")
    return content, error


def weights_in_order(tflite: bytes) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Kernel and bias of each convolution and dense layer, as real numbers, input to output."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(tflite))
    (graph,) = model.subgraphs
    weighted = {
        schema.BuiltinOperator.CONV_2D,
        schema.BuiltinOperator.DEPTHWISE_CONV_2D,
        schema.BuiltinOperator.FULLY_CONNECTED,
    }

    def real(index: int, kind: type) -> NDArray[np.float64]:
        tensor = graph.tensors[index]
        raw = np.array(model.buffers[tensor.buffer].data, np.uint8).tobytes()
        quantised = np.frombuffer(raw, kind).reshape(tensor.shape)
        # A depthwise kernel has its channels last, all others first.
        by_channel = [1] * quantised.ndim
        by_channel[tensor.quantization.quantizedDimension] = -1
        scale = np.array(tensor.quantization.scale, np.float64).reshape(by_channel)
        zero = np.array(tensor.quantization.zeroPoint, np.float64).reshape(by_channel)
        return (quantised - zero) * scale

    found = []
    for operator in graph.operators:
        if model.operatorCodes[operator.opcodeIndex].builtinCode in weighted:
            _, kernel, bias = operator.inputs[:3]
            weights = real(kernel, np.int8)
            # The converter leaves out a bias of zeros.
            offset = real(bias, np.int32) if bias >= 0 else np.zeros(len(weights))
            found.append((weights, offset))
    return found


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Converters print what they saved where, and warn of what they mean to be asked for."""
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _slim(tflite: bytes, inputs: Sequence[str]) -> bytes:
    """Without what no runtime asks for: names of tensors, calibrated ranges, empty buffers, notes
    on how."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(tflite))
    (graph,) = model.subgraphs
    # serving_default_state_3:0 is the input called state_3, StatefulPartitionedCall_1:4 output 4.
    names = [tensor.name.decode() for tensor in graph.tensors]
    whose = [f"serving_default_{name}:0" for name in inputs]
    graph.inputs = sorted(graph.inputs, key=lambda at: whose.index(names[at]))
    graph.outputs = sorted(graph.outputs, key=lambda at: int(names[at].rpartition(":")[2]))
    for tensor in graph.tensors:
        tensor.name = None
        if tensor.quantization is not None:
            tensor.quantization.min = tensor.quantization.max = None
        if not _filled(model.buffers[tensor.buffer]):
            tensor.buffer = 0  # the one that is empty by convention
    used = sorted({0, *(tensor.buffer for tensor in graph.tensors)})
    model.buffers = [model.buffers[number] for number in used]
    for tensor in graph.tensors:
        tensor.buffer = used.index(tensor.buffer)
    model.metadata = model.signatureDefs = None
    model.description = b""
    builder = _SharingBuilder(len(tflite))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _filled(buffer: schema.BufferT) -> bool:
    return buffer.data is not None and len(buffer.data) > 0


class _SharingBuilder(flatbuffers.Builder):
    """Writes the same array once: the zero points of all channels alone are a sixth of a file."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, array: NDArray[Any]) -> int:  # noqa: N802, the library's name
        if array.nbytes > LARGEST_SHARED:  # weights: alignment matters more than a chance match
            return int(super().CreateNumpyVector(array))
        key = array.dtype.str, array.tobytes()
        if key not in self._written:
            self._written[key] = int(super().CreateNumpyVector(array))
        return self._written[key]
