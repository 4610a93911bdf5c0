"""Operators that move values, and change none of them."""

from __future__ import annotations

from math import prod

from edge.tflite.node import FLOAT32, INT8, INT32, INT64, Node
from edge.tflite.rules.base import Shape, activation, axis_of, same_kind

KINDS = (FLOAT32, INT8, INT32, INT64)
MAX_RANK = 5


def reshape(node: Node) -> list[Shape]:
    """RESHAPE: the output states its shape, and need only have as many values."""
    same_kind(node, KINDS)
    count, shape = prod(node.input(0).shape), node.outputs[0].shape
    if node.optional(1) is not None:
        wanted = node.integers(1)
    else:
        wanted = node.operator.options.numbers(0, "i") if node.operator.options else []
    if wanted.count(-1) > 1 or any(size < -1 for size in wanted):
        raise node.error(f"has the impossible shape {tuple(wanted)}")
    known = prod(size for size in wanted if size != -1)
    if known == 0 or count % known:
        raise node.error(f"gives {count} values the shape {tuple(wanted)}")
    wanted = [count // known if size == -1 else size for size in wanted]
    if prod(wanted) != count:
        raise node.error(f"gives {count} values the shape {shape}")
    return [tuple(wanted)]


def squeeze(node: Node) -> list[Shape]:
    same_kind(node, KINDS)
    shape = node.input(0).shape
    axes = node.operator.options.numbers(0, "i") if node.operator.options else []
    removed = {axis_of(node, axis, len(shape)) for axis in axes}
    removed = removed or {at for at, size in enumerate(shape) if size == 1}
    if any(shape[at] != 1 for at in removed):
        raise node.error(f"removes an axis of {shape} that has several values")
    return [tuple(size for at, size in enumerate(shape) if at not in removed)]


def expand_dims(node: Node) -> list[Shape]:
    same_kind(node, KINDS)
    shape = list(node.input(0).shape)
    axes = node.integers(1)
    if len(axes) != 1:
        raise node.error("has no axis")
    shape.insert(axis_of(node, axes[0], len(shape) + 1), 1)
    return [tuple(shape)]


def transpose(node: Node) -> list[Shape]:
    same_kind(node, KINDS)
    shape, order = node.input(0).shape, node.integers(1)
    if sorted(order) != list(range(len(shape))) or not 1 <= len(shape) <= MAX_RANK:
        raise node.error(f"reorders the axes of {shape} as {tuple(order)}")
    return [tuple(shape[at] for at in order)]


def concatenation(node: Node) -> list[Shape]:
    same_kind(node, KINDS, len(node.inputs))
    activation(node, node.option(1, "b"))
    shapes = [node.input(number).shape for number in range(len(node.inputs))]
    axis = axis_of(node, node.option(0), len(shapes[0]))
    rest = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if len(rest) > 1 or len({len(shape) for shape in shapes}) > 1 or len(shapes[0]) > MAX_RANK:
        raise node.error(f"joins the shapes {shapes[0]} and {shapes[-1]} along axis {axis}")
    first = shapes[0]
    return [(*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])]


def pack(node: Node) -> list[Shape]:
    same_kind(node, KINDS, len(node.inputs))
    shapes = {node.input(number).shape for number in range(len(node.inputs))}
    if len(shapes) > 1 or node.option(0) != len(node.inputs):
        raise node.error("joins tensors of different shapes")
    shape = list(shapes.pop())
    shape.insert(axis_of(node, node.option(1), len(shape) + 1), len(node.inputs))
    return [tuple(shape)]


def unpack(node: Node) -> list[Shape]:
    same_kind(node, KINDS)
    shape = node.input(0).shape
    axis = axis_of(node, node.option(1), len(shape))
    if not shape[axis] == node.option(0) == len(node.outputs):
        raise node.error(f"divides {shape} into {len(node.outputs)} parts")
    return [shape[:axis] + shape[axis + 1 :]] * len(node.outputs)


def split(node: Node) -> list[Shape]:
    same_kind(node, KINDS, 0)
    if node.input(1).kind != node.outputs[0].kind or len(node.integers(0)) != 1:
        raise node.error("has inputs and outputs of types that are not supported")
    shape = list(node.input(1).shape)
    axis = axis_of(node, node.integers(0)[0], len(shape))
    count = len(node.outputs)
    if not count or node.option(0) != count or shape[axis] % count:
        raise node.error(f"divides {tuple(shape)} into {count} parts")
    shape[axis] //= count
    return [tuple(shape)] * count


def slice_(node: Node) -> list[Shape]:
    same_kind(node, KINDS)
    shape, begin, sizes = node.input(0).shape, node.integers(1), node.integers(2)
    if not len(shape) == len(begin) == len(sizes) or len(shape) > MAX_RANK:
        raise node.error(f"cuts {tuple(sizes)} from {shape}")
    result = [
        total - first if size == -1 else size
        for total, first, size in zip(shape, begin, sizes, strict=True)
    ]
    for total, first, size in zip(shape, begin, result, strict=True):
        if first < 0 or size < 1 or first + size > total:
            raise node.error(f"cuts {tuple(sizes)} from {shape} at {tuple(begin)}")
    return [tuple(result)]


def slices(node: Node) -> tuple[slice | int, ...]:
    """The index of a STRIDED_SLICE, as NumPy needs it."""
    shape = node.input(0).shape
    begins, ends, strides = (node.integers(number) for number in (1, 2, 3))
    if not len(begins) == len(ends) == len(strides) <= len(shape) <= MAX_RANK or 0 in strides:
        raise node.error(f"cuts {shape} from {begins} to {ends} in steps of {strides}")
    if node.option(2) or node.option(3) or node.option(5, "B"):
        raise node.error("uses an ellipsis, a new axis or an offset, which is not supported")
    begin_mask, end_mask, shrink_mask = node.option(0), node.option(1), node.option(4)
    index: list[slice | int] = []
    for at, (size, begin, end, stride) in enumerate(zip(shape, begins, ends, strides)):  # noqa: B905
        if shrink_mask >> at & 1:
            index.append(axis_of(node, begin, size))
        else:
            start = None if begin_mask >> at & 1 else begin
            index.append(slice(start, None if end_mask >> at & 1 else end, stride))
    return tuple(index)


def strided_slice(node: Node) -> list[Shape]:
    same_kind(node, KINDS)
    shape, index = node.input(0).shape, slices(node)
    result = [
        len(range(*part.indices(size)))
        for size, part in zip(shape, index)  # noqa: B905 - axes without a part stay as they are
        if isinstance(part, slice)
    ]
    return [(*result, *shape[len(index) :])]


def pad(node: Node) -> list[Shape]:
    same_kind(node, (FLOAT32, INT8))
    shape, amounts = node.input(0).shape, paddings(node)
    if node.operator.name == "PADV2":
        value = node.input(2)
        if value.kind != node.outputs[0].kind or prod(value.shape) != 1:
            raise node.error("pads with a value of another type")
    return [tuple(before + size + after for size, (before, after) in zip(shape, amounts))]  # noqa: B905


def paddings(node: Node) -> list[tuple[int, int]]:
    """The rows to add before and after each axis."""
    shape, amounts = node.input(0).shape, node.integers_of_pairs(1)
    if len(amounts) != len(shape) or not 1 <= len(shape) <= MAX_RANK:
        raise node.error(f"pads {shape} by {amounts}")
    if any(min(pair) < 0 for pair in amounts):
        raise node.error(f"pads {shape} by {amounts}")
    return amounts


def resize(node: Node) -> list[Shape]:
    """RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR: all tensors have the same quantisation."""
    same_kind(node, (FLOAT32, INT8))
    _same_quantisation(node)
    shape, size = node.input(0).shape, node.integers(1)
    if len(shape) != 4 or len(size) != 2 or min(size) < 1:
        raise node.error(f"resizes {shape} to {tuple(size)}")
    if all(resize_modes(node)):
        raise node.error("aligns both the corners and the centres")
    return [(shape[0], *size, shape[3])]


def resize_modes(node: Node) -> tuple[bool, bool]:
    """Whether the corners are aligned, and whether the centres of the pixels are."""
    first = 2 if node.operator.name == "RESIZE_BILINEAR" else 0
    return bool(node.option(first, "B")), bool(node.option(first + 1, "B"))


def _same_quantisation(node: Node) -> None:
    source, result = node.input(0), node.outputs[0]
    if (source.scale, source.zero) != (result.scale, result.zero):
        raise node.error("has an output of another quantisation than its input")


def tile(node: Node) -> list[Shape]:
    same_kind(node, KINDS)
    shape, counts = node.input(0).shape, node.integers(1)
    if len(counts) != len(shape) or min(counts, default=1) < 1 or len(shape) > MAX_RANK:
        raise node.error(f"repeats {shape} {tuple(counts)} times")
    return [tuple(size * count for size, count in zip(shape, counts, strict=True))]


def gather(node: Node) -> list[Shape]:
    same_kind(node, KINDS)
    shape, indices = node.input(0).shape, node.value(1)
    if node.option(1) or indices.dtype.kind != "i":
        raise node.error("uses batches, which is not supported")
    axis = axis_of(node, node.option(0), len(shape))
    if indices.size and not (indices.min() >= 0 and indices.max() < shape[axis]):
        raise node.error(f"picks values outside of {shape}")
    return [(*shape[:axis], *indices.shape, *shape[axis + 1 :])]


def shape_of(node: Node) -> list[Shape]:
    if node.outputs[0].kind not in (INT32, INT64):
        raise node.error("has an output of a type that is not supported")
    return [(len(node.input(0).shape),)]


def space_to_batch(node: Node) -> list[Shape]:
    same_kind(node, (FLOAT32, INT8))
    shape, blocks, amounts = node.input(0).shape, node.integers(1), node.integers_of_pairs(2)
    if not 3 <= len(shape) <= 4 or not len(shape) - 2 == len(blocks) == len(amounts):
        raise node.error(f"divides {shape} into blocks of {tuple(blocks)}")
    axes = []
    for size, block, (before, after) in zip(shape[1:-1], blocks, amounts, strict=True):
        if block < 1 or min(before, after) < 0 or (size + before + after) % block:
            raise node.error(f"divides {shape} into blocks of {tuple(blocks)}")
        axes.append((size + before + after) // block)
    return [(shape[0] * prod(blocks), *axes, shape[-1])]


def batch_to_space(node: Node) -> list[Shape]:
    same_kind(node, (FLOAT32, INT8))
    shape, blocks, amounts = node.input(0).shape, node.integers(1), node.integers_of_pairs(2)
    if not 3 <= len(shape) <= 4 or not len(shape) - 2 == len(blocks) == len(amounts):
        raise node.error(f"joins blocks of {tuple(blocks)} in {shape}")
    if min(blocks) < 1 or shape[0] % prod(blocks) or any(min(pair) < 0 for pair in amounts):
        raise node.error(f"joins blocks of {tuple(blocks)} in {shape}")
    axes = [
        size * block - before - after
        for size, block, (before, after) in zip(shape[1:-1], blocks, amounts, strict=True)
    ]
    return [(shape[0] // prod(blocks), *axes, shape[-1])]
