"""The int8 levels of a tensor: the span after an activation, and factors between scales."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.tflite.interpreter.arithmetic import LITERT, Arithmetic
from edge.tflite.network import Tensor
from edge.tflite.node import Node

SPANS = {0: (-math.inf, math.inf), 1: (0, math.inf), 2: (-1, 1), 3: (0, 6)}
"""The lowest and highest value after an activation, by its number in the schema."""


def level_span(tensor: Tensor, activation: int) -> tuple[int, int, int]:
    """Zero point, lowest and highest level of an output with an activation."""
    low, high = SPANS[activation]
    lowest = -128 if low == -math.inf else max(-128, tensor.zero + _level(low, tensor.scale))
    highest = 127 if high == math.inf else min(127, tensor.zero + _level(high, tensor.scale))
    return tensor.zero, lowest, highest


def _level(value: float, scale: float) -> int:
    ratio = float(np.float32(value) / np.float32(scale))
    return int(math.copysign(math.floor(abs(ratio) + 0.5), ratio))


def scale_factors(node: Node, count: int, arithmetic: Arithmetic) -> NDArray[Any]:
    """The factor of each output channel of a layer with weights, from sums to levels."""
    scales = np.array(node.input(1).scales, np.float32)
    image, result = np.float32(node.input(0).scale), np.float32(node.outputs[0].scale)
    if arithmetic is LITERT:
        factors = (image * scales / result).astype(np.float64)
    elif node.operator.name == "FULLY_CONNECTED" and len(scales) == 1:
        factors = (image * scales).astype(np.float64) / np.float64(result)
    else:
        factors = np.float64(image) * scales.astype(np.float64) / np.float64(result)
    return np.broadcast_to(factors, (count,))
