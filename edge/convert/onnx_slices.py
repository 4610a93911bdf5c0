"""Operators of ONNX that cut tensors, and those that exporters put around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from edge.convert.onnx_graph import Value, axis_with_channels_last
from edge.errors import ModelError

Attributes = Mapping[str, Any]


def cut(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    """Slice: its limits are attributes in older files and inputs in newer ones."""
    value = values[0]
    starts, ends, axes, steps = _limits(values, attributes)
    shape = _shape(value)
    index = [slice(None)] * value.rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        first, last, _ = slice(start, end, step).indices(shape[axis])
        index[axis] = slice(first, None if last < 0 else last, step)
    if value.channels_last:
        index = [index[0], *index[2:], index[1]]
    return [Value(value.tensor[tuple(index)], value.channels_last)]


def _limits(values: Sequence[Value], attributes: Attributes) -> tuple[list[int], ...]:
    names = ("starts", "ends", "axes", "steps")
    found = {name: list(attributes[name]) for name in names if name in attributes}
    for name, value in zip(names, values[1:], strict=False):
        if not value.is_constant:
            raise ModelError("a slice depends on the input: export a network with fixed limits")
        if value.tensor.size:
            found[name] = value.tensor.reshape(-1).tolist()
    count = len(found["starts"])
    axes = [axis % values[0].rank for axis in found.get("axes", range(count))]
    return found["starts"], found["ends"], axes, found.get("steps", [1] * count)


def split(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    value = values[0]
    axis = attributes.get("axis", 0) % value.rank
    sizes = list(attributes.get("split", values[1].tensor.tolist() if len(values) > 1 else []))
    if not sizes:
        count = attributes.get("num_outputs")
        if count is None:
            raise ModelError("a split has no sizes: export it with the size of each part")
        each = -(-_shape(value)[axis] // count)
        sizes = [each] * (count - 1) + [_shape(value)[axis] - each * (count - 1)]
    if value.is_constant:
        return [Value(part) for part in np.split(value.tensor, np.cumsum(sizes)[:-1], axis)]
    moved = _stored_axis(value, axis)
    return [Value(part, value.channels_last) for part in tf.split(value.tensor, sizes, moved)]


def shape_of(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    shape = _shape(values[0])[attributes.get("start", 0) : attributes.get("end")]
    return [Value(np.array(shape, np.int64))]


def gather(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    value, indices = values
    if not indices.is_constant:
        raise ModelError("an index depends on the input: export a network with fixed indices")
    axis = attributes.get("axis", 0) % value.rank
    chosen = np.where(indices.tensor < 0, indices.tensor + _shape(value)[axis], indices.tensor)
    if value.is_constant:
        return [Value(np.take(value.tensor, chosen, axis))]
    return [Value(tf.gather(value.plain(), chosen.astype(np.int32), axis=axis))]


def cast(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    from onnx import helper

    value, kind = values[0], helper.tensor_dtype_to_np_dtype(attributes["to"])
    if value.is_constant:
        return [Value(value.tensor.astype(kind))]
    if kind != np.float32:
        raise ModelError(f"a value is cast to {kind}, but only float32 is supported")
    return [value]


def _stored_axis(value: Value, axis: int) -> int:
    """Where an axis of ONNX is in the tensor."""
    return axis_with_channels_last(axis, value.rank) if value.channels_last else axis


def _shape(value: Value) -> list[int]:
    """With the axes of ONNX."""
    sizes = [int(size) for size in value.tensor.shape]
    return [sizes[_stored_axis(value, axis)] for axis in range(value.rank)]
