"""The output level of each of the 256 input levels, for operators on single values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from edge.tflite.interpreter.arithmetic import (
    LITERT,
    REFERENCE,
    Arithmetic,
    Array,
    away_from_zero,
)
from edge.tflite.interpreter.fixed_point import (
    logistic,
    quantised_multiplier,
    scale,
    shift_right,
    tanh,
)
from edge.tflite.interpreter.levels import level_span
from edge.tflite.node import Node

LEVELS = np.arange(-128, 128)
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "LOGISTIC": lambda x: 1 / (1 + np.exp(-x)),
    "TANH": np.tanh,
    "HARD_SWISH": lambda x: x * np.clip(x + 3, 0, 6) / 6,
}
ACTIVATIONS = {"RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}


def level_table(node: Node, arithmetic: Arithmetic) -> Array:
    """The outputs for the levels -128 to 127."""
    name = node.operator.name
    source, result = node.input(0), node.outputs[0]
    if name in ACTIVATIONS:
        zero, low, high = level_span(result, ACTIVATIONS[name])
        rescaled = _rescaled(node, _ratio(node), REFERENCE)  # by LiteRT as well
        return rescaled.clip(low - zero, high - zero) + zero
    if name == "LEAKY_RELU":
        return _leaky(node, arithmetic)
    if name == "QUANTIZE":
        rescaled = _rescaled(node, source.scale / result.scale, arithmetic)
        return (rescaled + result.zero).clip(-128, 127)
    if name == "GELU":
        return _gelu(node)
    if arithmetic is not LITERT and name in ("LOGISTIC", "TANH"):
        return _fixed_point_table(node)
    values = (LEVELS - source.zero) * np.float64(np.float32(source.scale))
    exact = FUNCTIONS[name](values) / np.float64(np.float32(result.scale))
    return (np.rint(exact) + result.zero).clip(-128, 127)


def _rescaled(node: Node, ratio: float, arithmetic: Arithmetic) -> Array:
    centred = LEVELS - node.input(0).zero
    return arithmetic.rescaled(centred, ratio)


def _ratio(node: Node, slope: Any = 1) -> float:
    """The ratio of the scales, times a slope, as TFLite computes it in float32."""
    scale, result = np.float32(node.input(0).scale), np.float32(node.outputs[0].scale)
    return float(scale * np.float32(slope) / result)


def _leaky(node: Node, arithmetic: Arithmetic) -> Array:
    source, result = node.input(0), node.outputs[0]
    alpha = np.float32(node.option(0, "f"))
    positive = _rescaled(node, _ratio(node), arithmetic)
    negative = math.copysign(1, alpha) * _rescaled(node, _ratio(node, abs(alpha)), arithmetic)
    levels = np.where(source.zero <= LEVELS, positive, negative)
    return (levels + result.zero).clip(-128, 127)


def _gelu(node: Node) -> Array:
    """LiteRT has the table of the reference kernel, which is computed in float32."""
    source, result = node.input(0), node.outputs[0]
    x = np.float32(source.scale) * (LEVELS - source.zero).astype(np.float32)
    if node.option(0, "B"):
        values = 0.5 * x * (1 + np.tanh(np.float32(0.7978845608) * (x + 0.044715 * x**3)))
    else:
        values = 0.5 * x * np.array([math.erfc(-value * math.sqrt(0.5)) for value in x])
    levels = away_from_zero(np.float32(1) / np.float32(result.scale) * values.astype(np.float32))
    return (levels + result.zero).clip(-128, 127)


def _fixed_point_table(node: Node) -> Array:
    """LOGISTIC and TANH of the reference kernels: the input in Q4, the output with 8 or 7 bits."""
    source = node.input(0)
    fixed, exponent = quantised_multiplier(source.scale * (1 << 27))
    radius = math.floor(15.0 * (1 << 27) / (1 << exponent)) if exponent > 0 else 256
    centred = LEVELS - source.zero
    inputs = scale(centred.clip(-radius, radius), fixed, exponent).clip(
        -(1 << 31) + 1, (1 << 31) - 1
    )
    if node.operator.name == "LOGISTIC":
        levels = shift_right(logistic(inputs), 23) - 128
        return np.where(
            centred <= -radius, -128, np.where(centred >= radius, 127, levels.clip(-128, 127))
        )
    levels = shift_right(tanh(inputs), 24).clip(-128, 127)
    return np.where(centred <= -radius, -128, np.where(centred >= radius, 127, levels))
