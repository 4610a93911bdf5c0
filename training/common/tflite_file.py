"""The weights in a .tflite file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

LayerWeights = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Kernel and bias."""


def read_weights(tflite: bytes) -> list[LayerWeights]:
    """Kernel and bias of each convolution and dense layer, as real numbers, input to output."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(tflite))
    (graph,) = model.subgraphs
    operators_with_weights = {
        schema.BuiltinOperator.CONV_2D,
        schema.BuiltinOperator.DEPTHWISE_CONV_2D,
        schema.BuiltinOperator.FULLY_CONNECTED,
    }

    def dequantised(index: int, kind: type) -> NDArray[np.float64]:
        tensor = graph.tensors[index]
        raw = np.array(model.buffers[tensor.buffer].data, np.uint8).tobytes()
        quantised = np.frombuffer(raw, kind).reshape(tensor.shape)
        # A depthwise kernel has its channels last, all others first.
        by_channel = [1] * quantised.ndim
        by_channel[tensor.quantization.quantizedDimension] = -1
        scale = np.array(tensor.quantization.scale, np.float64).reshape(by_channel)
        zero = np.array(tensor.quantization.zeroPoint, np.float64).reshape(by_channel)
        return (quantised - zero) * scale

    weights = []
    for operator in graph.operators:
        if model.operatorCodes[operator.opcodeIndex].builtinCode in operators_with_weights:
            _, kernel_index, bias_index = operator.inputs[:3]
            kernel = dequantised(kernel_index, np.int8)
            # The converter leaves out a bias of zeros.
            bias = dequantised(bias_index, np.int32) if bias_index >= 0 else np.zeros(len(kernel))
            weights.append((kernel, bias))
    return weights
