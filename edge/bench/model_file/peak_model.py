"""A model that only multiplies: it shows the highest int8 speed of a runtime on this machine.

One int8 convolution of 1x1. Its operands fit into a small cache, it needs no padding at the edges,
and it is so large that the overhead of the call does not matter.
"""

from __future__ import annotations

import random

from edge.tflite import schema
from edge.tflite.flatbuffer_writer import Fields, Scalar, Vector, build_flatbuffer

SIDE, CHANNELS = 32, 256
MACS = SIDE * SIDE * CHANNELS * CHANNELS
SCHEMA_VERSION = 3


def peak_model() -> bytes:
    rng = random.Random(1)
    weights = [rng.randrange(-127, 128) for _ in range(CHANNELS * CHANNELS)]
    image, kernel = (1, SIDE, SIDE, CHANNELS), (CHANNELS, 1, 1, CHANNELS)
    tensors = [
        _tensor("image", image, schema.TYPE_INT8, 0, 1.0),
        _tensor("kernel", kernel, schema.TYPE_INT8, 1, 0.01),
        _tensor("bias", (CHANNELS,), schema.TYPE_INT32, 2, 0.01),
        _tensor("result", image, schema.TYPE_INT8, 0, 1.0),
    ]
    strides_and_dilations = {
        schema.CONV_STRIDE_W: Scalar("i", 1),
        schema.CONV_STRIDE_H: Scalar("i", 1),
        schema.CONV_DILATION_W: Scalar("i", 1),
        schema.CONV_DILATION_H: Scalar("i", 1),
    }
    convolution = {
        schema.OPERATOR_CODE: Scalar("I", 0),
        schema.OPERATOR_INPUTS: Vector("i", [0, 1, 2]),
        schema.OPERATOR_OUTPUTS: Vector("i", [3]),
        schema.OPERATOR_OPTIONS_TYPE: Scalar("B", schema.CONV_2D_OPTIONS),
        schema.OPERATOR_OPTIONS: strides_and_dilations,
    }
    graph = {
        schema.GRAPH_TENSORS: tensors,
        schema.GRAPH_INPUTS: Vector("i", [0]),
        schema.GRAPH_OUTPUTS: Vector("i", [3]),
        schema.GRAPH_OPERATORS: [convolution],
    }
    buffers = [
        {},  # of the tensors without constant data
        {schema.BUFFER_DATA: Vector("b", weights, 16)},
        {schema.BUFFER_DATA: Vector("B", bytes(4 * CHANNELS), 16)},
    ]
    number = schema.OPERATORS.index("CONV_2D")
    code = {
        schema.CODE_OLD: Scalar("b", number),
        schema.CODE_VERSION: Scalar("i", 3),
        schema.CODE_NEW: Scalar("i", number),
    }
    model = {
        schema.MODEL_VERSION: Scalar("I", SCHEMA_VERSION),
        schema.MODEL_CODES: [code],
        schema.MODEL_GRAPHS: [graph],
        schema.MODEL_BUFFERS: buffers,
    }
    return build_flatbuffer(model, b"TFL3")


def _tensor(name: str, shape: tuple[int, ...], kind: int, buffer: int, scale: float) -> Fields:
    return {
        schema.TENSOR_SHAPE: Vector("i", shape),
        schema.TENSOR_TYPE: Scalar("b", kind),
        schema.TENSOR_BUFFER: Scalar("I", buffer),
        schema.TENSOR_NAME: name,
        schema.TENSOR_QUANTIZATION: {
            schema.QUANTIZATION_SCALE: Vector("f", [scale]),
            schema.QUANTIZATION_ZERO: Vector("q", [0]),
        },
    }
