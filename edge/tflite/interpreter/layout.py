"""Operators that move values, and change none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from edge.tflite.interpreter.arena import Arena
from edge.tflite.interpreter.arithmetic import Arithmetic, Array, Step
from edge.tflite.interpreter.levels import level_span
from edge.tflite.node import INT8, Node
from edge.tflite.rules.layout import paddings, slices


def reshape(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    source, result = _data_input(node), node.operator.outputs[0]
    if arena.share(result, source):
        return []
    values, out = arena.values(source), arena.values(result)
    return [_copy(out, values.reshape(out.shape))]


def concatenation(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    out, axis = arena.values(node.operator.outputs[0]), node.option(0) % len(node.outputs[0].shape)
    steps, start = [], 0
    for number, at in enumerate(node.operator.inputs):
        values = arena.values(at)
        part = out[(slice(None),) * axis + (slice(start, start + values.shape[axis]),)]
        start += values.shape[axis]
        steps += _requantised(node, number, values, part, arithmetic)
    return steps


def pack(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    out, axis = arena.values(node.operator.outputs[0]), node.option(1)
    parts = np.moveaxis(out, axis, 0)
    return [_copy(parts[at, ...], arena.values(x)) for at, x in enumerate(node.operator.inputs)]


def unpack(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    parts = np.moveaxis(arena.values(node.operator.inputs[0]), node.option(1), 0)
    return [_copy(arena.values(x), parts[at, ...]) for at, x in enumerate(node.operator.outputs)]


def split(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    values = arena.values(node.operator.inputs[1])
    parts = np.split(values, len(node.outputs), node.integers(0)[0])
    return [
        _copy(arena.values(x), part) for x, part in zip(node.operator.outputs, parts, strict=True)
    ]


def strided_slice(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    return _selected(node, arena, lambda values: values[slices(node)])


def slice_(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    begins, shape = node.integers(1), node.outputs[0].shape
    index = tuple(slice(a, a + size) for a, size in zip(begins, shape, strict=True))
    return _selected(node, arena, lambda values: values[index])


def transpose(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    order = node.integers(1)
    return _selected(node, arena, lambda values: values.transpose(order))


def gather(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    values, out = arena.values(node.operator.inputs[0]), arena.values(node.operator.outputs[0])
    indices, axis = node.value(1).astype(np.intp), node.option(0)
    return [lambda: _discard(values.take(indices, axis, out, "clip"))]


def tile(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    values, out = arena.values(node.operator.inputs[0]), arena.values(node.operator.outputs[0])
    counts = node.integers(1)
    # An axis of the copies before each axis of the values.
    repeated = out.reshape(
        [part for each in zip(counts, values.shape, strict=True) for part in each]
    )
    single = values.reshape([part for size in values.shape for part in (1, size)])
    return [_copy(repeated, single)]


def pad(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    values, out = arena.values(node.operator.inputs[0]), arena.values(node.operator.outputs[0])
    fill = float(node.outputs[0].zero)
    if node.operator.name == "PADV2":
        fill = float(node.value(2).reshape(-1)[0])
    inner = tuple(
        slice(before, before + size)
        for size, (before, _) in zip(values.shape, paddings(node), strict=True)
    )
    out[...] = fill  # the border never changes
    return [_copy(out[inner], values)]


def space_to_batch(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    values, out = arena.values(node.operator.inputs[0]), arena.values(node.operator.outputs[0])
    blocks, amounts = node.integers(1), node.integers_of_pairs(2)
    sizes = [
        size + before + after
        for size, (before, after) in zip(values.shape[1:-1], amounts, strict=True)
    ]
    padded = np.full((values.shape[0], *sizes, values.shape[-1]), node.input(0).zero, np.float32)
    inner = padded[
        (slice(None), *(slice(b, size - a) for size, (b, a) in zip(sizes, amounts, strict=True)))
    ]
    parts = _blocks(padded, blocks, out)
    return [_copy(inner, values), *[_copy(target, part) for target, part in parts]]


def batch_to_space(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    values, out = arena.values(node.operator.inputs[0]), arena.values(node.operator.outputs[0])
    blocks, amounts = node.integers(1), node.integers_of_pairs(2)
    sizes = [size * block for size, block in zip(values.shape[1:-1], blocks, strict=True)]
    whole = np.empty((out.shape[0], *sizes, out.shape[-1]), np.float32)
    inner = whole[
        (slice(None), *(slice(b, size - a) for size, (b, a) in zip(sizes, amounts, strict=True)))
    ]
    parts = _blocks(whole, blocks, values)
    return [*[_copy(part, source) for source, part in parts], _copy(out, inner)]


def _blocks(whole: Array, blocks: list[int], batches: Array) -> list[tuple[Array, Array]]:
    """Each group of batches, and the places of the whole tensor that it has."""
    size = whole.shape[0]
    return [
        (
            batches[number * size : (number + 1) * size],
            whole[(slice(None), *(slice(o, None, b) for o, b in zip(offset, blocks, strict=True)))],
        )
        for number, offset in enumerate(np.ndindex(*blocks))
    ]


def _selected(node: Node, arena: Arena, view: Callable[[Array], Array]) -> list[Step]:
    values, out = arena.values(node.operator.inputs[0]), arena.values(node.operator.outputs[0])
    return [_copy(out, view(values))]


def _requantised(
    node: Node, number: int, values: Array, part: Array, arithmetic: Arithmetic
) -> list[Step]:
    """The steps that write an input of a CONCATENATION, in the scale of the output."""
    source, result = node.input(number), node.outputs[0]
    if node.option(1, "b"):
        raise node.error("includes an activation, which the runtime numpy does not have here")
    if source.kind != INT8 or (source.scale, source.zero) == (result.scale, result.zero):
        return [_copy(part, values)]
    centred, zero = np.empty(values.shape, np.float32), np.array(source.zero, np.float32)
    factor = np.array(source.scale / result.scale)
    finish = arithmetic.requantiser(centred, factor, 256, part, level_span(result, 0))
    return [lambda: _discard(np.subtract(values, zero, centred)), finish]


def _copy(target: Array, values: Array) -> Step:
    copy = np.copyto
    return lambda: copy(target, values)


def _data_input(node: Node) -> int:
    return node.operator.inputs[0]


def _discard(value: Any) -> None:
    """Make a step of an expression."""


BUILDERS: Mapping[str, Callable[[Node, Arena, Arithmetic], list[Step]]] = {
    "RESHAPE": reshape,
    "SQUEEZE": reshape,
    "EXPAND_DIMS": reshape,
    "CONCATENATION": concatenation,
    "PACK": pack,
    "UNPACK": unpack,
    "SPLIT": split,
    "STRIDED_SLICE": strided_slice,
    "SLICE": slice_,
    "TRANSPOSE": transpose,
    "TILE": tile,
    "GATHER": gather,
    "PAD": pad,
    "PADV2": pad,
    "SPACE_TO_BATCH_ND": space_to_batch,
    "BATCH_TO_SPACE_ND": batch_to_space,
}
