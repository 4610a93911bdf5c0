"""Operators that compute each value from values at the same place; means; changes of the scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from edge.tflite.interpreter.arena import Arena
from edge.tflite.interpreter.arithmetic import Arithmetic, Operand, Step
from edge.tflite.interpreter.fixed_point import quantised_multiplier, scale
from edge.tflite.interpreter.levels import level_span
from edge.tflite.interpreter.tables import level_table
from edge.tflite.node import FLOAT32, INT8, Node


def lookup(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    """An operator on single levels: a table has the output of each of the 256 levels."""
    _require_int8(node)
    table = level_table(node, arithmetic).astype(np.float32)
    levels = arena.values(node.operator.inputs[0])
    out = arena.values(node.operator.outputs[0])
    places, offset = np.empty(levels.shape, np.intp), np.array(128, np.float32)
    shifted = np.empty(levels.shape, np.float32)

    def step() -> None:
        np.add(levels, offset, shifted)
        np.copyto(places, shifted, casting="unsafe")
        table.take(places, None, out, "clip")

    return [step]


def addition(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    """ADD and SUB."""
    _require_int8(node, 2)
    operands = [
        Operand(arena.values(at), node.input(number).scale, node.input(number).zero)
        for number, at in enumerate(node.operator.inputs)
    ]
    if node.operator.name == "SUB":
        operands[1].sign = -1
    result = node.outputs[0]
    out = arena.values(node.operator.outputs[0])
    span = level_span(result, node.option(0, "b"))
    return [arithmetic.addition(operands[0], operands[1], out, result.scale, span)]


def prelu(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    """PRELU in fixed point. LiteRT, too, runs the reference kernel of this operator."""
    _require_int8(node)
    source, slopes, result = node.input(0), node.input(1), node.outputs[0]
    levels = arena.values(node.operator.inputs[0])
    out = arena.values(node.operator.outputs[0])
    alphas = node.value(1).astype(np.int64) - slopes.zero
    ratios = (
        np.float32(source.scale) / np.float32(result.scale),
        np.float32(source.scale) * np.float32(slopes.scale) / np.float32(result.scale),
    )
    positive, negative = (quantised_multiplier(float(ratio)) for ratio in ratios)

    def step() -> None:
        centred = levels.astype(np.int64) - source.zero
        scaled = np.where(
            centred >= 0, scale(centred, *positive), scale(centred * alphas, *negative)
        )
        np.copyto(out, (scaled + result.zero).clip(-128, 127), casting="unsafe")

    return [step]


def product(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    _require_int8(node, 2)
    left, right = (arena.values(at) for at in node.operator.inputs)
    zeros = [np.array(node.input(number).zero, np.float32) for number in (0, 1)]
    result = node.outputs[0]
    out = arena.values(node.operator.outputs[0])
    first, second = (np.empty(values.shape, np.float32) for values in (left, right))
    products = np.empty(out.shape, np.float32)
    factor = arithmetic.product_factor(node.input(0).scale, node.input(1).scale, result.scale)
    span = level_span(result, node.option(0, "b"))

    def step() -> None:
        np.subtract(left, zeros[0], first)
        np.subtract(right, zeros[1], second)
        np.multiply(first, second, products)

    return [step, arithmetic.requantiser(products, np.array(factor), 1 << 16, out, span)]


def selection(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    """MAXIMUM and MINIMUM of two tensors."""
    left, right = (arena.values(at) for at in node.operator.inputs)
    out = arena.values(node.operator.outputs[0])
    function = np.maximum if node.operator.name == "MAXIMUM" else np.minimum
    return [lambda: _discard(function(left, right, out=out))]


def reduction(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    """MEAN and SUM."""
    _require_int8(node)
    values = arena.values(node.operator.inputs[0])
    # At least one axis, because a step writes to the array.
    out = np.atleast_1d(arena.values(node.operator.outputs[0]))
    axes = tuple({axis % values.ndim for axis in node.integers(1)})
    count = prod(values.shape[axis] for axis in axes)
    tensor, result = node.input(0), node.outputs[0]
    sums = np.empty(out.shape, np.float64 if count > 1 << 16 else np.float32)
    total = sums.reshape([1 if at in axes else size for at, size in enumerate(values.shape)])
    excess = np.array(count * tensor.zero, sums.dtype)
    span, scales = level_span(result, 0), (tensor.scale, result.scale)

    def step() -> None:
        np.add.reduce(values, axis=axes, out=total, keepdims=True)
        np.subtract(sums, excess, sums)

    if node.operator.name == "MEAN":
        return [step, arithmetic.mean(sums, scales, count, out, span)]
    factor = np.array(np.float32(tensor.scale) / np.float32(result.scale))
    return [step, arithmetic.requantiser(sums, factor, 256.0 * count, out, span)]


def extreme(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    """REDUCE_MAX and REDUCE_MIN."""
    values = arena.values(node.operator.inputs[0])
    out = arena.values(node.operator.outputs[0])
    axes = tuple({axis % values.ndim for axis in node.integers(1)})
    function = np.maximum if node.operator.name == "REDUCE_MAX" else np.minimum
    total = out.reshape([1 if at in axes else size for at, size in enumerate(values.shape)])
    return [lambda: _discard(function.reduce(values, axis=axes, out=total, keepdims=True))]


def quantize(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    if node.input(0).kind == INT8 and node.outputs[0].kind == INT8:
        return lookup(node, arena, arithmetic)
    if (node.input(0).kind, node.outputs[0].kind) != (FLOAT32, INT8):
        raise node.error("converts between types that the runtime numpy does not have")
    values = arena.values(node.operator.inputs[0])
    out = arena.values(node.operator.outputs[0])
    quantise = arithmetic.quantiser(node.outputs[0].scale)
    zero = node.outputs[0].zero

    def step() -> None:
        np.copyto(out, (quantise(values) + zero).clip(-128, 127), casting="same_kind")

    return [step]


def dequantize(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    if node.input(0).kind != INT8:
        raise node.error("converts between types that the runtime numpy does not have")
    levels = arena.values(node.operator.inputs[0])
    out = arena.values(node.operator.outputs[0])
    zero, factor = (np.float32(value) for value in (node.input(0).zero, node.input(0).scale))

    def step() -> None:
        np.subtract(levels, zero, out)
        np.multiply(out, factor, out)

    return [step]


def softmax(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    _require_int8(node)
    levels = arena.values(node.operator.inputs[0])
    rows = levels.reshape(-1, levels.shape[-1])
    out = arena.values(node.operator.outputs[0]).reshape(rows.shape)
    normalise = arithmetic.softmax(node.input(0).scale, node.option(0, "f"))
    return [lambda: np.copyto(out, normalise(rows), casting="unsafe")]


def _require_int8(node: Node, inputs: int = 1) -> None:
    tensors = [node.input(number) for number in range(inputs)] + node.outputs
    if any(tensor.kind != INT8 for tensor in tensors):
        raise node.error("computes with float values, which the runtime numpy does not")
    if any(len(tensor.scales) != 1 for tensor in tensors):
        raise node.error("has a tensor without one quantisation scale")


def _discard(value: Any) -> None:
    """Make a step of an expression."""


Builder = Callable[[Node, Arena, Arithmetic], list[Step]]
BUILDERS: Mapping[str, Builder] = {
    **dict.fromkeys(
        ("RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "GELU"),
        lookup,
    ),
    "ADD": addition,
    "SUB": addition,
    "MUL": product,
    "MAXIMUM": selection,
    "MINIMUM": selection,
    "MEAN": reduction,
    "SUM": reduction,
    "REDUCE_MAX": extreme,
    "REDUCE_MIN": extreme,
    "QUANTIZE": quantize,
    "DEQUANTIZE": dequantize,
    "PRELU": prelu,
    "SOFTMAX": softmax,
}
