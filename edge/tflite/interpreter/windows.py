"""Convolutions and pools: gather the window of each output, then multiply or compare."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.tflite.interpreter.arena import Arena
from edge.tflite.interpreter.arithmetic import Arithmetic, Array, Step
from edge.tflite.interpreter.levels import level_span, scale_factors
from edge.tflite.node import INT8, Node, constant
from edge.tflite.rules.windows import as_convolution

MAX_GATHERED = 1 << 26  # values of all windows of a layer: 256 MB; ordinary layers have 1 MB
MAX_FLOAT32 = 1 << 24  # whole numbers up to this one are exact in float32


def convolution(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    kernel = _constant(node, 1)
    outputs, height, width, depth = kernel.shape
    options = (node.option(5, "i", 1), node.option(4, "i", 1))
    gather, patches = _gathered(node, arena, (height, width), options)
    count, taps, channels = patches.shape
    groups = channels // depth
    sums_of_weights = kernel.reshape(outputs, -1).sum(1, dtype=np.int64)
    bias, limit, dtype = _bias(
        node, np.abs(kernel.astype(np.int64)).sum((1, 2, 3)), sums_of_weights
    )
    sums = np.empty((count, outputs), dtype)
    if groups == 1:
        weights = np.ascontiguousarray(kernel.reshape(outputs, -1).T.astype(dtype))
        flat = patches.reshape(count, taps * channels)
        multiply = _matmul(flat, weights, sums)
    else:
        multiply = _grouped(patches, kernel.astype(dtype), groups, sums)
    return [*gather, multiply, *_finish(node, arena, arithmetic, sums, bias, limit, 3)]


def transpose_convolution(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    """Each output gathers the pixels whose windows cover it; the others count as padding."""
    node = as_convolution(node)
    kernel = _constant(node, 1)
    outputs, height, width, _ = kernel.shape
    rows = arena.rows(node.operator.inputs[0])
    gather, patches = _take(rows, _covering_indices(node, (height, width)))
    wide = kernel.reshape(outputs, -1).astype(np.int64)
    bias, limit, dtype = _bias(node, np.abs(wide).sum(1), wide.sum(1))
    sums = np.empty((len(patches), outputs), dtype)
    multiply = _matmul(
        patches.reshape(len(patches), -1), np.ascontiguousarray(wide.T.astype(dtype)), sums
    )
    return [*gather, multiply, *_finish(node, arena, arithmetic, sums, bias, limit, 3)]


def depthwise(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    kernel = _constant(node, 1)
    _, height, width, outputs = kernel.shape
    options = (node.option(6, "i", 1), node.option(5, "i", 1))
    gather, patches = _gathered(node, arena, (height, width), options)
    count, taps, channels = patches.shape
    weights = kernel.reshape(taps, outputs).astype(np.int64)
    bias, limit, dtype = _bias(node, np.abs(weights).sum(0), weights.sum(0))
    sums = np.empty((count, outputs), dtype)
    factors = weights.astype(dtype).reshape(taps, channels, -1)
    products = np.empty((count, *factors.shape), dtype)
    windows, table = patches[..., np.newaxis], sums.reshape(count, channels, -1)
    multiply, add = np.multiply, np.add.reduce

    def step() -> None:
        multiply(windows, factors, products)
        add(products, axis=1, out=table)

    return [*gather, step, *_finish(node, arena, arithmetic, sums, bias, limit, 4)]


def fully_connected(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    kernel = _constant(node, 1)
    outputs, depth = kernel.shape
    rows = arena.values(node.operator.inputs[0]).reshape(-1, depth)
    wide = kernel.astype(np.int64)
    bias, limit, dtype = _bias(node, np.abs(wide).sum(1), wide.sum(1))
    sums = np.empty((len(rows), outputs), dtype)
    weights = np.ascontiguousarray(kernel.T.astype(dtype))
    multiply = _matmul(rows, weights, sums)
    return [multiply, *_finish(node, arena, arithmetic, sums, bias, limit, 0)]


def max_pool(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    _require_int8(node)
    gather, patches = _gathered(node, arena, (node.option(4), node.option(3)), (1, 1), inside=True)
    out = arena.values(node.operator.outputs[0]).reshape(len(patches), -1)
    _, low, high = level_span(node.outputs[0], node.option(5, "b"))
    lowest, highest = np.array(low, np.float32), np.array(high, np.float32)

    def step() -> None:
        np.maximum.reduce(patches, axis=1, out=out)
        np.maximum(out, lowest, out=out)
        np.minimum(out, highest, out=out)

    return [*gather, step]


def average_pool(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    """The mean of the pixels inside the image; halves are rounded away from zero."""
    _require_int8(node)
    window = (node.option(4), node.option(3))
    gather, patches = _gathered(node, arena, window, (1, 1))
    indices = window_indices(node, window, (1, 1))
    rows = prod(node.input(0).shape[:3])
    outside = (indices == rows).sum(1, keepdims=True)
    counts = (indices.shape[1] - outside).astype(np.float64)
    # The padding has the zero point as its value, which does not count.
    excess = outside * float(node.input(0).zero)
    halves = np.floor(counts / 2)
    out = arena.values(node.operator.outputs[0]).reshape(len(patches), -1)
    _, low, high = level_span(node.outputs[0], node.option(5, "b"))
    sums = np.empty(out.shape)

    def step() -> None:
        np.add.reduce(patches, axis=1, out=sums)
        np.subtract(sums, excess, sums)
        np.add(sums, np.where(sums > 0, halves, -halves), sums)
        np.divide(sums, counts, sums)
        np.trunc(sums, sums)
        np.copyto(out, sums.clip(low, high), casting="same_kind")

    return [*gather, step]


def _gathered(
    node: Node,
    arena: Arena,
    window: tuple[int, int],
    dilations: tuple[int, int],
    inside: bool = False,
) -> tuple[list[Step], Array]:
    """The steps that gather the windows of an image, and the array (outputs, taps, channels)."""
    rows = arena.rows(node.operator.inputs[0])
    return _take(rows, window_indices(node, window, dilations, inside))


def _take(rows: Array, indices: NDArray[np.intp]) -> tuple[list[Step], Array]:
    if indices.shape[1] == 1 and np.array_equal(indices[:, 0], np.arange(len(rows) - 1)):
        return [], rows[:-1, np.newaxis]
    patches = np.empty((*indices.shape, rows.shape[1]), np.float32)
    take = rows.take

    def step() -> None:
        take(indices, 0, patches, "clip")  # the mode avoids a copy; no index is out of bounds

    return [step], patches


def window_indices(
    node: Node, window: tuple[int, int], dilations: tuple[int, int], inside: bool = False
) -> NDArray[np.intp]:
    """The row of each tap of each output in the table of pixels; the last row is the padding.

    `inside`: a pixel of the same window in place of the padding.
    """
    batch, *sizes, channels = node.input(0).shape
    if prod(node.outputs[0].shape[:3]) * prod(window) * channels > MAX_GATHERED:
        raise node.error("has windows too large for the runtime numpy: use another")
    strides = node.option(2), node.option(1)
    same = node.option(0, "b") == 0
    axes = []
    for at in (0, 1):
        count = node.outputs[0].shape[1 + at]
        extent = (window[at] - 1) * dilations[at] + 1
        before = max(0, (count - 1) * strides[at] + extent - sizes[at]) // 2 if same else 0
        first = np.arange(count)[:, np.newaxis] * strides[at] - before
        axes.append(first + np.arange(window[at]) * dilations[at])
    if inside:
        axes = [_clipped(axis, size) for axis, size in zip(axes, sizes, strict=True)]
    y, x = axes[0][:, np.newaxis, :, np.newaxis], axes[1][np.newaxis, :, np.newaxis, :]
    image = np.arange(batch).reshape(-1, 1, 1, 1, 1) * prod(sizes)
    valid = (y >= 0) & (y < sizes[0]) & (x >= 0) & (x < sizes[1])
    places = np.where(valid, image + y * sizes[1] + x, batch * prod(sizes))
    return places.reshape(-1, prod(window)).astype(np.intp)


def _covering_indices(node: Node, window: tuple[int, int]) -> NDArray[np.intp]:
    """For each output of a TRANSPOSE_CONV and each tap, the row of the pixel under that tap."""
    batch, *sizes, channels = node.input(0).shape
    wanted, strides = node.outputs[0].shape[1:3], (node.option(2), node.option(1))
    if batch * prod(wanted) * prod(window) * channels > MAX_GATHERED:
        raise node.error("has windows too large for the runtime numpy: use another")
    axes = []
    for at in (0, 1):
        cut = 0
        if node.option(0, "b") == 0:
            cut = max(0, (sizes[at] - 1) * strides[at] + window[at] - wanted[at]) // 2
        shifted = np.arange(wanted[at])[:, np.newaxis] + cut - np.arange(window[at])
        places, between = np.divmod(shifted, strides[at])
        axes.append(np.where((between == 0) & (places < sizes[at]), places, -1))
    y, x = axes[0][:, np.newaxis, :, np.newaxis], axes[1][np.newaxis, :, np.newaxis, :]
    image = np.arange(batch).reshape(-1, 1, 1, 1, 1) * prod(sizes)
    places = np.where((y >= 0) & (x >= 0), image + y * sizes[1] + x, batch * prod(sizes))
    return places.reshape(-1, prod(window)).astype(np.intp)


def _clipped(axis: NDArray[Any], size: int) -> NDArray[Any]:
    clipped: NDArray[Any] = axis.clip(0, size - 1)
    return clipped


def _matmul(rows: Array, weights: Array, sums: Array) -> Step:
    matmul = np.matmul
    if rows.dtype == weights.dtype:

        def direct_step() -> None:
            matmul(rows, weights, sums)

        return direct_step
    wide = np.empty(rows.shape, weights.dtype)

    def step() -> None:
        np.copyto(wide, rows)
        matmul(wide, weights, sums)

    return step


def _grouped(patches: Array, kernel: Array, groups: int, sums: Array) -> Step:
    outputs, depth = kernel.shape[0], kernel.shape[3]
    count, taps, _ = patches.shape
    weights = kernel.reshape(groups, outputs // groups, taps * depth).transpose(0, 2, 1).copy()
    separate = np.empty((groups, count, taps, depth), kernel.dtype)
    parts = np.empty((groups, count, outputs // groups), kernel.dtype)
    by_group = patches.reshape(count, taps, groups, depth).transpose(2, 0, 1, 3)
    table = sums.reshape(count, groups, -1).transpose(1, 0, 2)

    def step() -> None:
        np.copyto(separate, by_group)
        np.matmul(separate.reshape(groups, count, -1), weights, parts)
        np.copyto(table, parts)

    return step


def _require_int8(node: Node) -> None:
    if node.input(0).kind != INT8 or node.outputs[0].kind != INT8:
        raise node.error(
            "computes with float values, which the runtime numpy does not: quantise it"
        )


def _constant(node: Node, number: int) -> Array:
    values = constant(node.input(number))
    _require_int8(node)
    if values is None or values.dtype != np.int8:
        raise node.error("has weights that are not int8")
    return values


def _bias(node: Node, magnitudes: Array, totals: Array) -> tuple[Array, float, Any]:
    """What to add to the sums of products of levels, the largest sum, and the type for them."""
    tensor = node.optional(2)
    stated = None if tensor is None else constant(tensor)
    bias = np.zeros(len(totals), np.int64) if stated is None else stated.reshape(-1)
    bias = bias.astype(np.int64) - node.input(0).zero * totals
    limit = float((magnitudes * 128 + np.abs(bias)).max())
    return bias, limit, np.float32 if limit < MAX_FLOAT32 else np.float64


def _finish(
    node: Node,
    arena: Arena,
    arithmetic: Arithmetic,
    sums: Array,
    bias: Array,
    limit: float,
    activation: int,
) -> list[Step]:
    """The steps that add the bias and write the levels of the output."""
    constant_term = bias.astype(sums.dtype)
    add = np.add
    out = arena.values(node.operator.outputs[0]).reshape(sums.shape)
    span = level_span(node.outputs[0], node.option(activation, "b"))
    factors = scale_factors(node, len(bias), arithmetic)

    def step() -> None:
        add(sums, constant_term, sums)

    dense = node.operator.name == "FULLY_CONNECTED"
    steps = [arithmetic.requantiser(sums, factors, limit, out, span, rounds_once=dense)]
    return [step, *steps] if constant_term.any() else steps
