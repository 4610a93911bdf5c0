"""The operators of ONNX that convolutional networks have, with TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from edge.convert.onnx_graph import Value, axis_with_channels_last
from edge.convert.onnx_lstm import lstm
from edge.convert.onnx_resize import resize
from edge.convert.onnx_slices import cast, cut, gather, shape_of, split
from edge.errors import ModelError

Attributes = Mapping[str, Any]
Operator = Callable[[Sequence[Value], Attributes], list[Value]]


def _same(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    return [values[0]]


def _constant(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    from onnx import numpy_helper

    if "value" in attributes:
        return [Value(numpy_helper.to_array(attributes["value"]))]
    (found,) = (np.array(value) for name, value in attributes.items() if name.startswith("value_"))
    return [Value(found)]


def _elementwise(function: Callable[..., Any]) -> Operator:
    """An operator of one value, which may have further inputs or attributes that it reads."""

    def apply(values: Sequence[Value], attributes: Attributes) -> list[Value]:
        first = values[0]
        return [Value(function(first.tensor, values, attributes), first.channels_last)]

    return apply


def _binary(function: Callable[[Any, Any], Any]) -> Operator:
    def apply(values: Sequence[Value], attributes: Attributes) -> list[Value]:
        one, other = values
        if one.is_constant and other.is_constant:
            return [Value(np.asarray(function(one.tensor, other.tensor)))]
        last = one.channels_last or other.channels_last
        if not last:
            return [Value(function(one.tensor, other.tensor))]
        rank = max(one.rank, other.rank)
        return [Value(function(_aligned(one, rank), _aligned(other, rank)), True)]

    return apply


def _aligned(value: Value, rank: int) -> Any:
    """The tensor with `rank` axes, the channels last; axes are added before as ONNX broadcasts."""
    if value.rank == rank:
        return value.last()
    shape = [1] * (rank - value.rank) + [int(size) for size in value.tensor.shape]
    shaped = _with_shape(value.tensor, shape)
    return shaped.last() if rank > 2 else shaped.tensor


def _pads(attributes: Attributes, count: int, sizes: Sequence[int], window: Sequence[int],
          strides: Sequence[int]) -> list[list[int]]:  # fmt: skip
    """How much is added before and after each axis of positions."""
    automatic = attributes.get("auto_pad", b"NOTSET").decode()
    if automatic == "SAME_UPPER":
        return _same_pads(sizes, window, strides)
    if automatic == "SAME_LOWER":
        return [[large, small] for small, large in _same_pads(sizes, window, strides)]
    pads = attributes.get("pads", [0] * 2 * count)
    return [[pads[k], pads[k + count]] for k in range(count)]


def _same_pads(
    sizes: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> list[list[int]]:
    """What TensorFlow's padding "SAME" adds before and after each axis."""
    found = []
    for size, width, stride in zip(sizes, window, strides, strict=True):
        total = max((-(-size // stride) - 1) * stride + width - size, 0)
        found.append([total // 2, total - total // 2])
    return found


def _padded(tensor: Any, pads: list[list[int]], value: float = 0.0) -> Any:
    if not any(map(any, pads)):
        return tensor
    return tf.pad(tensor, [[0, 0], *pads, [0, 0]], constant_values=value)


def _convolution(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    tensor, weights = values[0].last(), values[1].tensor
    bias = values[2].tensor if len(values) > 2 and values[2].tensor.size else None
    count = weights.ndim - 2
    strides = list(attributes.get("strides", [1] * count))
    dilations = list(attributes.get("dilations", [1] * count))
    groups, channels = attributes.get("group", 1), tensor.shape[-1]
    window = [(size - 1) * d + 1 for size, d in zip(weights.shape[2:], dilations, strict=True)]
    sizes = tensor.shape.as_list()[1:-1]
    pads = _pads(attributes, count, sizes, window, strides)
    padding = "VALID"
    if pads == _same_pads(sizes, window, strides):
        padding = "SAME"
    else:
        tensor = _padded(tensor, pads)
    kernel = weights.transpose([*range(2, 2 + count), 1, 0])
    if groups == channels and weights.shape[1] == 1 and groups > 1:
        found = _depthwise(tensor, weights, strides, dilations, padding)
    elif groups == 1:
        found = tf.nn.convolution(tensor, kernel, strides, padding, dilations=dilations)
    else:
        parts = zip(tf.split(tensor, groups, -1), np.split(kernel, groups, -1), strict=True)
        found = tf.concat(
            [tf.nn.convolution(t, k, strides, padding, dilations=dilations) for t, k in parts], -1
        )
    return [Value(found if bias is None else found + bias, True)]


def _depthwise(
    tensor: Any, weights: np.ndarray, strides: list[int], dilations: list[int], padding: str
) -> Any:
    channels, is_signal = tensor.shape[-1], weights.ndim == 3
    if is_signal:
        tensor, weights = tensor[:, None], weights[:, :, None]
        strides, dilations = strides * 2, [1, *dilations]
    kernel = weights.reshape(channels, -1, *weights.shape[2:]).transpose(2, 3, 0, 1)
    if strides[0] != strides[1]:
        raise ModelError("a depthwise convolution has different strides: export another network")
    found = tf.nn.depthwise_conv2d(
        tensor, kernel, [1, strides[0], strides[1], 1], padding, dilations=dilations
    )
    return found[:, 0] if is_signal else found


def _transposed_convolution(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    tensor, weights = values[0].last(), values[1].tensor
    count = weights.ndim - 2
    if attributes.get("group", 1) != 1 or any(d != 1 for d in attributes.get("dilations", [])):
        raise ModelError("a transposed convolution has groups or dilations: export another network")
    strides = list(attributes.get("strides", [1] * count))
    pads = attributes.get("pads", [0] * 2 * count)
    more = attributes.get("output_padding", [0] * count)
    kernel = weights.transpose([*range(2, 2 + count), 1, 0])
    sizes = [
        (size - 1) * stride + width
        for size, stride, width in zip(
            tensor.shape.as_list()[1:-1], strides, weights.shape[2:], strict=True
        )
    ]
    shape = [1, *sizes, weights.shape[1]]
    if count == 1:
        tensor, kernel, shape = tensor[:, None], kernel[None], [1, 1, *shape[1:]]
        found = tf.nn.conv2d_transpose(tensor, kernel, shape, [1, *strides], "VALID")[:, 0]
    else:
        found = tf.nn.conv2d_transpose(tensor, kernel, shape, strides, "VALID")
    for axis in range(count):
        end = sizes[axis] - pads[axis + count] + more[axis]
        extra = max(0, end - sizes[axis])
        cut = [slice(None)] * (axis + 1) + [slice(pads[axis], min(end, sizes[axis]))]
        found = _padded(found[tuple(cut)], [[0, extra * (k == axis)] for k in range(count)])
    if len(values) > 2 and values[2].tensor.size:
        found = found + values[2].tensor
    return [Value(found, True)]


def _pool(kind: str) -> Operator:
    def apply(values: Sequence[Value], attributes: Attributes) -> list[Value]:
        tensor, window = values[0].last(), list(attributes["kernel_shape"])
        count = len(window)
        strides = list(attributes.get("strides", [1] * count))
        if attributes.get("ceil_mode", 0) or any(d != 1 for d in attributes.get("dilations", [])):
            raise ModelError("a pooling has ceil_mode or dilations: export another network")
        sizes = tensor.shape.as_list()[1:-1]
        pads = _pads(attributes, count, sizes, window, strides)
        padding = "VALID"
        counts_pads = kind == "AVG" and attributes.get("count_include_pad", 0)
        if pads == _same_pads(sizes, window, strides) and not counts_pads:
            padding = "SAME"
        elif kind == "AVG" and any(map(any, pads)) and not counts_pads:
            raise ModelError("an average pooling has a padding that no runtime has")
        else:
            tensor = _padded(tensor, pads, 0.0 if kind == "AVG" else float(tensor.dtype.min))
        return [Value(tf.nn.pool(tensor, window, kind, strides, padding), True)]

    return apply


def _global_pool(function: Callable[..., Any]) -> Operator:
    def apply(values: Sequence[Value], attributes: Attributes) -> list[Value]:
        tensor = values[0].last()
        return [Value(function(tensor, list(range(1, values[0].rank - 1)), keepdims=True), True)]

    return apply


def _batch_normalization(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    scale, shift, mean, variance = (value.tensor for value in values[1:5])
    factor = scale / np.sqrt(variance + attributes.get("epsilon", 1e-5))
    tensor = values[0].last() if values[0].rank > 2 else values[0].tensor
    found = tensor * factor + (shift - mean * factor)
    return [Value(found, values[0].rank > 2)]


def _dense(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    one, weights = values[0].plain(), values[1].plain()
    if attributes.get("transA", 0):
        one = tf.transpose(one)
    if attributes.get("transB", 0):
        weights = weights.T if isinstance(weights, np.ndarray) else tf.transpose(weights)
    found = tf.matmul(one, weights * np.float32(attributes.get("alpha", 1)))
    if len(values) > 2:
        found = found + values[2].plain() * np.float32(attributes.get("beta", 1))
    return [Value(found)]


def _matrix_product(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    return [Value(tf.matmul(values[0].plain(), values[1].plain()))]


def _flatten(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    tensor = values[0].plain()
    axis = attributes.get("axis", 1) % max(1, values[0].rank)
    rows = int(np.prod(tensor.shape[:axis]))
    return [Value(tf.reshape(tensor, [rows, -1]))]


def _reshape(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    tensor = values[0].plain()
    before = [int(size) for size in tensor.shape]
    wanted = [int(size) for size in values[1].tensor]
    shape = [before[k] if size == 0 else size for k, size in enumerate(wanted)]
    return [_with_shape(tensor, shape)]


def _axes(values: Sequence[Value], attributes: Attributes) -> list[int] | None:
    """The axes, which are an attribute in older files and an input in newer ones."""
    if "axes" in attributes:
        return [int(axis) for axis in attributes["axes"]]
    if len(values) > 1 and values[1].tensor.size:
        return [int(axis) for axis in values[1].tensor.reshape(-1)]
    return None


def _squeeze(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    tensor, axes = values[0].plain(), _axes(values, attributes)
    sizes = [int(size) for size in tensor.shape]
    removed = {axis % len(sizes) for axis in axes} if axes else {
        axis for axis, size in enumerate(sizes) if size == 1
    }  # fmt: skip
    return [_with_shape(tensor, [s for axis, s in enumerate(sizes) if axis not in removed])]


def _unsqueeze(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    tensor, axes = values[0].plain(), _axes(values, attributes) or []
    rank = len(tensor.shape) + len(axes)
    added, sizes = {axis % rank for axis in axes}, [int(size) for size in tensor.shape]
    return [_with_shape(tensor, [1 if k in added else sizes.pop(0) for k in range(rank)])]


def _with_shape(tensor: Any, shape: list[int]) -> Value:
    if isinstance(tensor, np.ndarray):
        return Value(tensor.reshape(shape))
    return Value(tf.reshape(tensor, shape))


def _transpose(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    tensor = values[0].plain()
    order = attributes.get("perm", list(range(values[0].rank))[::-1])
    return [
        Value(tensor.transpose(order) if values[0].is_constant else tf.transpose(tensor, order))
    ]


def _concatenation(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    rank = values[0].rank
    axis = attributes["axis"] % rank
    if all(value.is_constant for value in values):
        return [Value(np.concatenate([value.tensor for value in values], axis))]
    if not any(value.channels_last for value in values):
        return [Value(tf.concat([value.tensor for value in values], axis))]
    moved = axis_with_channels_last(axis, rank)
    return [Value(tf.concat([value.last() for value in values], moved), True)]


def _reduction(function: Callable[..., Any]) -> Operator:
    def apply(values: Sequence[Value], attributes: Attributes) -> list[Value]:
        keeps = bool(attributes.get("keepdims", 1))
        tensor, axes = values[0].plain(), _axes(values, attributes)
        if values[0].channels_last and axes and keeps and 0 not in axes:
            rank = values[0].rank
            moved = [axis_with_channels_last(axis % rank, rank) for axis in axes]
            return [Value(function(values[0].tensor, moved, keepdims=True), True)]
        return [Value(function(tensor, axes, keepdims=keeps))]

    return apply


def _softmax(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    return [Value(tf.nn.softmax(values[0].plain(), attributes.get("axis", -1)))]


def _clip(tensor: Any, values: Sequence[Value], attributes: Attributes) -> Any:
    low, high = attributes.get("min"), attributes.get("max")
    given = [v.tensor.reshape(-1) for v in values[1:] if v.is_constant]
    if len(given) > 0 and given[0].size:
        low = float(given[0][0])
    if len(given) > 1 and given[1].size:
        high = float(given[1][0])
    if (low, high) == (0, 6):
        return tf.nn.relu6(tensor)
    tensor = tensor if low is None else tf.maximum(tensor, np.float32(low))
    return tensor if high is None else tf.minimum(tensor, np.float32(high))


def _pad(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    if attributes.get("mode", b"constant") != b"constant":
        raise ModelError("a padding repeats values: export a network that pads with zeros")
    pads = attributes.get("pads") or [int(pad) for pad in values[1].tensor]
    has_value = len(values) > 2 and values[2].tensor.size
    value = float(values[2].tensor.reshape(-1)[0]) if has_value else 0.0
    rank = values[0].rank
    pairs = [[pads[k], pads[k + rank]] for k in range(rank)]
    if values[0].channels_last:
        pairs = [pairs[0], *pairs[2:], pairs[1]]
    found = tf.pad(values[0].tensor, pairs, constant_values=value)
    return [Value(found, values[0].channels_last)]


def _slope(tensor: Any, values: Sequence[Value], attributes: Attributes) -> Any:
    return tf.nn.leaky_relu(tensor, attributes.get("alpha", 0.01))


def _hard_sigmoid(tensor: Any, values: Sequence[Value], attributes: Attributes) -> Any:
    alpha, beta = attributes.get("alpha", 0.2), attributes.get("beta", 0.5)
    return tf.minimum(tf.maximum(tensor * np.float32(alpha) + np.float32(beta), 0.0), 1.0)


def _unary(function: Callable[[Any], Any]) -> Operator:
    return _elementwise(lambda tensor, values, attributes: function(tensor))


OPERATORS: dict[str, Operator] = {
    "Add": _binary(lambda one, other: one + other),
    "AveragePool": _pool("AVG"),
    "BatchNormalization": _batch_normalization,
    "Cast": cast,
    "Clip": _elementwise(_clip),
    "Concat": _concatenation,
    "Constant": _constant,
    "Conv": _convolution,
    "ConvTranspose": _transposed_convolution,
    "Div": _binary(lambda one, other: one / other),
    "Dropout": _same,
    "Elu": _unary(tf.nn.elu),
    "Flatten": _flatten,
    "Gather": gather,
    "Gemm": _dense,
    "GlobalAveragePool": _global_pool(tf.reduce_mean),
    "GlobalMaxPool": _global_pool(tf.reduce_max),
    "HardSigmoid": _elementwise(_hard_sigmoid),
    "HardSwish": _unary(lambda x: x * tf.nn.relu6(x + 3.0) * np.float32(1 / 6)),
    "Identity": _same,
    "LSTM": lstm,
    "LeakyRelu": _elementwise(_slope),
    "MatMul": _matrix_product,
    "MaxPool": _pool("MAX"),
    "Mul": _binary(lambda one, other: one * other),
    "Pad": _pad,
    "ReduceMax": _reduction(tf.reduce_max),
    "ReduceMean": _reduction(tf.reduce_mean),
    "Relu": _unary(tf.nn.relu),
    "Reshape": _reshape,
    "Resize": resize,
    "Shape": shape_of,
    "Sigmoid": _unary(tf.sigmoid),
    "Slice": cut,
    "Softmax": _softmax,
    "Split": split,
    "Squeeze": _squeeze,
    "Sub": _binary(lambda one, other: one - other),
    "Tanh": _unary(tf.tanh),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Upsample": resize,
}
