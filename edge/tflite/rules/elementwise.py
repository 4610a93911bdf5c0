"""Operators that compute each value from values at the same place, and reductions."""

from __future__ import annotations

import math

import numpy as np

from edge.tflite.node import BOOL, FLOAT32, INT8, INT16, INT32, INT64, UINT8, Node
from edge.tflite.rules.base import Shape, activation, axis_of, multiplier, same_kind

MAX_RANK = 4  # of operands that are broadcast: kernels with more axes are untested
MAX_ADD_RATIO = 2.0**18  # of an input's scale to the output's: fixed-point sums have 20 spare bits


def unary(node: Node) -> list[Shape]:
    same_kind(node, (FLOAT32, INT8))
    _scales(node, 1)
    return [node.input(0).shape]


def float_unary(node: Node) -> list[Shape]:
    same_kind(node, (FLOAT32,))
    return [node.input(0).shape]


def leaky_relu(node: Node) -> list[Shape]:
    alpha = node.option(0, "f", 0.0)
    if not abs(alpha) < MAX_ADD_RATIO:
        raise node.error(f"has the impossible slope {alpha}")
    if node.input(0).kind == INT8 and alpha:
        multiplier(node, abs(alpha) * node.input(0).scale / node.outputs[0].scale)
    return unary(node)


def prelu(node: Node) -> list[Shape]:
    """PRELU: the slopes are constant, and broadcast to the input."""
    same_kind(node, (FLOAT32, INT8), 2)
    slopes = node.input(1)
    if slopes.constant is None or slopes.kind == INT8 and len(slopes.scales) != 1:
        raise node.error("has slopes that are not constant, or without one quantisation scale")
    if node.input(0).kind == INT8:
        ratio = node.input(0).scale / node.outputs[0].scale
        multiplier(node, ratio)
        multiplier(node, ratio * slopes.scale)
    if _broadcast(node) != node.input(0).shape:
        raise node.error(f"has slopes of shape {slopes.shape}")
    return unary(node)


def softmax(node: Node) -> list[Shape]:
    beta = node.option(0, "f", 0.0)
    if not 0 < beta < MAX_ADD_RATIO:
        raise node.error(f"has the impossible factor {beta}")
    tensor, result = node.input(0), node.outputs[0]
    if not 1 <= len(tensor.shape) <= MAX_RANK:
        raise node.error(f"has an input of shape {tensor.shape}")
    if tensor.kind == INT8 and (result.scale, result.zero) != (1 / 256, -128):
        raise node.error("has an output that is not quantised with 1/256 and -128")
    return unary(node)


def addition(node: Node) -> list[Shape]:
    shapes = _binary(node)
    # Without a lower limit: the scale of a tensor of zeros is 4e-9, and zeros add nothing.
    _scales(node, 2, lowest=0.0)
    return shapes


def product(node: Node) -> list[Shape]:
    shapes = _binary(node)
    if node.input(0).kind == INT8:
        multiplier(node, node.input(0).scale * node.input(1).scale / node.outputs[0].scale)
    return shapes


def _binary(node: Node) -> list[Shape]:
    same_kind(node, (FLOAT32, INT8, INT32), 2)
    activation(node, node.option(0, "b"))
    return [_broadcast(node)]


def float_binary(node: Node) -> list[Shape]:
    same_kind(node, (FLOAT32,), 2)
    return [_broadcast(node)]


def selection(node: Node) -> list[Shape]:
    """MAXIMUM and MINIMUM: of int8, all tensors have the same quantisation."""
    same_kind(node, (FLOAT32, INT8, INT32), 2)
    tensors = [node.input(0), node.input(1), node.outputs[0]]
    if len({(tensor.scale, tensor.zero) for tensor in tensors}) > 1:
        raise node.error("has tensors with different quantisations")
    return [_broadcast(node)]


def reduction(node: Node) -> list[Shape]:
    same_kind(node, (FLOAT32, INT8))
    shape = node.input(0).shape
    axes = {axis_of(node, axis, len(shape)) for axis in node.integers(1)}
    _scales(node, 1)
    if node.operator.name in ("REDUCE_MAX", "REDUCE_MIN"):
        tensors = node.input(0), node.outputs[0]
        if len({(tensor.scale, tensor.zero) for tensor in tensors}) > 1:
            raise node.error("has tensors with different quantisations")
    if len(shape) > MAX_RANK:
        raise node.error(f"has an input of shape {shape}")
    if node.option(0, "B"):
        return [tuple(1 if at in axes else size for at, size in enumerate(shape))]
    return [tuple(size for at, size in enumerate(shape) if at not in axes)]


def quantize(node: Node) -> list[Shape]:
    tensor, result = node.input(0), node.outputs[0]
    if tensor.kind not in (FLOAT32, INT8, UINT8, INT16) or result.kind not in (INT8, UINT8, INT16):
        raise node.error("converts between types that are not supported")
    if tensor.kind != FLOAT32:
        multiplier(node, tensor.scale / result.scale)
    return [tensor.shape]


def dequantize(node: Node) -> list[Shape]:
    tensor, result = node.input(0), node.outputs[0]
    if tensor.kind not in (INT8, UINT8, INT16) or result.kind != FLOAT32:
        raise node.error("converts between types that are not supported")
    return [tensor.shape]


def cast(node: Node) -> list[Shape]:
    for tensor in (node.input(0), node.outputs[0]):
        if tensor.kind not in (FLOAT32, INT32, INT64, BOOL):
            raise node.error("converts between types that are not supported")
    return [node.input(0).shape]


def _scales(node: Node, inputs: int, lowest: float = 1 / MAX_ADD_RATIO) -> None:
    """Check the ratios of the scales of int8 inputs to that of the output."""
    result = node.outputs[0]
    if result.kind == INT8:
        for number in range(inputs):
            ratio = node.input(number).scale / result.scale
            if not lowest < ratio < MAX_ADD_RATIO or math.isnan(ratio):
                raise node.error(f"has quantisation scales with an impossible ratio ({ratio:.3g})")


def _broadcast(node: Node) -> Shape:
    first, second = node.input(0).shape, node.input(1).shape
    try:
        shape = np.broadcast_shapes(first, second)
    except ValueError:
        raise node.error(f"joins the shapes {first} and {second}") from None
    if first != second and len(shape) > MAX_RANK:
        raise node.error(f"joins the shapes {first} and {second}, which have too many axes")
    return shape
