"""Networks with one operator of random shapes, options and quantisations, as Hypothesis strategies.

Each is valid: LiteRT and the interpreter in NumPy run it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st

from edge.tflite.flatbuffer_writer import Scalar, Vector
from tools.operator_networks.single_operator import Operation, TensorOf, constant_of

Draw = Callable[[Any], Any]
Options = dict[int, Scalar | Vector]
OLD_VERSIONS = {"HARD_SWISH": 1, "RELU_N1_TO_1": 1, "EXPAND_DIMS": 1, "SQUEEZE": 1}


def between(draw: Draw, low: float, high: float) -> float:
    """A random number. Hypothesis itself prefers round ones, whose products are often halves."""
    return float(np.random.default_rng(draw(st.integers(0, 10**9))).uniform(low, high))


def scale(draw: Draw) -> float:
    return float(np.float32(2 ** between(draw, -9, -2)))


def quantised(draw: Draw, shape: tuple[int, ...]) -> TensorOf:
    return TensorOf(shape, scale(draw), draw(st.integers(-128, 127)))


def like(tensor: TensorOf, shape: tuple[int, ...]) -> TensorOf:
    return TensorOf(shape, tensor.scale, tensor.zero)


def weights(draw: Draw, shape: tuple[int, ...], axis: int, per_channel: bool = True) -> TensorOf:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = rng.integers(-127, 128, shape).astype(np.int8)
    count = shape[axis] if per_channel else 1
    scales = (0.002 + 0.02 * rng.random(count)).astype(np.float32).tolist()
    return constant_of(values, scale=scales, axis=axis)


def bias(draw: Draw, count: int, image: TensorOf, kernel: TensorOf) -> TensorOf:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    scales = (np.float32(image.single_scale) * np.asarray(kernel.scale, np.float32)).tolist()
    return constant_of(rng.integers(-2000, 2000, count).astype(np.int32), scale=scales)


def result_of(draw: Draw, shape: tuple[int, ...], image: TensorOf, depth: int) -> TensorOf:
    """An output whose scale fits the sums of `depth` products."""
    fit = np.float32(image.single_scale) * 0.01 * 127 * np.sqrt(depth) * between(draw, 0.3, 3)
    return TensorOf(shape, float(np.float32(fit)), draw(st.integers(-128, 127)))


def sizes(draw: Draw, low: int, high: int, count: int) -> list[int]:
    return [draw(st.integers(low, high)) for _ in range(count)]


def output_size(size: int, window: int, stride: int, dilation: int, same: bool) -> int:
    return -(-size // stride) if same else (size - (window - 1) * dilation - 1) // stride + 1


@st.composite
def windows(draw: Draw, name: str) -> Operation:
    batch = draw(st.integers(1, 2))
    height, width, channels = *sizes(draw, 1, 9, 2), draw(st.integers(1, 6))
    same = draw(st.booleans())
    dilations = sizes(draw, 1, 2, 2) if "CONV" in name else [1, 1]
    window = [
        draw(st.integers(1, 4 if same else max(1, min(4, (size - 1) // dilation + 1))))
        for size, dilation in zip((height, width), dilations, strict=True)
    ]
    strides = sizes(draw, 1, 3, 2)
    if name == "DEPTHWISE_CONV_2D":
        strides[1] = strides[0]
    if max(dilations) > 1:
        strides = [1, 1]
    image = quantised(draw, (batch, height, width, channels))
    out = [
        output_size(*each, same=same)
        for each in zip((height, width), window, strides, dilations, strict=True)
    ]
    activation = draw(st.sampled_from([0, 1, 3]))
    padding = Scalar("b", 0 if same else 1)
    steps = Scalar("i", strides[1]), Scalar("i", strides[0])
    wide = Scalar("i", dilations[1]), Scalar("i", dilations[0])
    if "POOL" in name:
        taps = Scalar("i", window[1]), Scalar("i", window[0])
        options: Options = dict(enumerate((padding, *steps, *taps, Scalar("b", activation))))
        return Operation(name, [image], [like(image, (batch, *out, channels))], 5, options, 2)
    if name == "CONV_2D":
        outputs = draw(st.integers(1, 8))
        kernel = weights(draw, (outputs, *window, channels), 0)
        options = {0: padding, 1: steps[0], 2: steps[1], 3: Scalar("b", activation)}
        options |= {4: wide[0], 5: wide[1]}
        kind, depth = 1, prod(window) * channels
    else:
        multiplier = draw(st.integers(1, 3))
        outputs = channels * multiplier
        kernel = weights(draw, (1, *window, outputs), 3)
        options = {0: padding, 1: steps[0], 2: steps[1], 3: Scalar("i", multiplier)}
        options |= {4: Scalar("b", activation), 5: wide[0], 6: wide[1]}
        kind, depth = 2, prod(window)
    inputs = [image, kernel, bias(draw, outputs, image, kernel)]
    result = result_of(draw, (batch, *out, outputs), image, depth)
    return Operation(name, inputs, [result], kind, options)


@st.composite
def transpose_convolution(draw: Draw) -> Operation:
    batch, channels, outputs = draw(st.integers(1, 2)), *sizes(draw, 1, 6, 2)
    image = quantised(draw, (batch, *sizes(draw, 1, 6, 2), channels))
    window, strides = sizes(draw, 1, 4, 2), sizes(draw, 1, 3, 2)
    same = draw(st.booleans())
    # Several sizes of the output have the same size of the image.
    out = [
        max(1, (size - 1) * stride + (1 if same else taps) + draw(st.integers(0, stride - 1)))
        for size, stride, taps in zip(image.shape[1:3], strides, window, strict=True)
    ]
    shape = (batch, *out, outputs)
    kernel = weights(draw, (outputs, *window, channels), 0)
    inputs = [constant_of(np.array(shape, np.int32)), kernel, image]
    if draw(st.booleans()):
        inputs.append(bias(draw, outputs, image, kernel))
    options: Options = {0: Scalar("b", 0 if same else 1)}
    options |= {1: Scalar("i", strides[1]), 2: Scalar("i", strides[0])}
    result = result_of(draw, shape, image, prod(window) * channels)
    return Operation("TRANSPOSE_CONV", inputs, [result], 49, options, 3)


@st.composite
def prelu(draw: Draw) -> Operation:
    shape = tuple(sizes(draw, 1, 6, draw(st.integers(2, 4))))
    source = quantised(draw, shape)
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    axes = draw(st.sampled_from([(shape[-1],), (*[1] * (len(shape) - 1), shape[-1]), shape[1:]]))
    values = np.asarray(rng.integers(-128, 128, axes), np.int8)
    slopes = constant_of(values, scale=scale(draw) / 8, zero=draw(st.integers(-128, 127)))
    result = TensorOf(shape, float(np.float32(source.single_scale * between(draw, 0.7, 1.5))), 3)
    return Operation("PRELU", [source, slopes], [result], version=1)


@st.composite
def resize(draw: Draw, name: str) -> Operation:
    source = quantised(draw, (draw(st.integers(1, 2)), *sizes(draw, 1, 7, 3)))
    size = sizes(draw, 1, 15, 2)
    mode = draw(st.integers(0, 2))
    kind, first = (15, 2) if name == "RESIZE_BILINEAR" else (74, 0)
    options: Options = {first: Scalar("B", mode == 1), first + 1: Scalar("B", mode == 2)}
    result = like(source, (source.shape[0], *size, source.shape[3]))
    inputs = [source, constant_of(np.array(size, np.int32))]
    return Operation(name, inputs, [result], kind, options, 2)


@st.composite
def dense(draw: Draw) -> Operation:
    rows, depth, outputs = sizes(draw, 1, 40, 3)
    image = quantised(draw, (rows, depth))
    kernel = weights(draw, (outputs, depth), 0, per_channel=False)
    inputs = [image, kernel, bias(draw, outputs, image, kernel)]
    activation = Scalar("b", draw(st.sampled_from([0, 1, 3])))
    result = result_of(draw, (rows, outputs), image, depth)
    return Operation("FULLY_CONNECTED", inputs, [result], 8, {0: activation})


@st.composite
def binary(draw: Draw, name: str) -> Operation:
    shape = tuple(sizes(draw, 1, 6, draw(st.integers(1, 4))))
    second = tuple(draw(st.sampled_from([size, 1])) for size in shape)
    inputs = [quantised(draw, shape), quantised(draw, second)]
    if draw(st.booleans()):
        inputs.reverse()
    first, other = (tensor.single_scale for tensor in inputs)
    fit = first * other * 100 if name == "MUL" else max(first, other) * 1.4
    result = TensorOf(shape, float(np.float32(fit)), draw(st.integers(-128, 127)))
    if name in ("MAXIMUM", "MINIMUM"):
        inputs[1] = like(inputs[0], inputs[1].shape)
        result = like(inputs[0], shape)
        return Operation(name, inputs, [result], 39, {}, 2)
    kind = {"ADD": 11, "SUB": 28, "MUL": 21}[name]
    options: Options = {0: Scalar("b", draw(st.sampled_from([0, 1, 3])))}
    return Operation(name, inputs, [result], kind, options, 2)


@st.composite
def unary(draw: Draw, name: str) -> Operation:
    shape = tuple(sizes(draw, 1, 6, draw(st.integers(1, 4))))
    source = quantised(draw, shape)
    result = TensorOf(shape, float(np.float32(source.single_scale * between(draw, 0.7, 1.5))), 3)
    if name in ("LOGISTIC", "SOFTMAX"):
        result = TensorOf(shape, 1 / 256, -128)
    if name == "TANH":
        result = TensorOf(shape, 1 / 128, 0)
    if name == "SOFTMAX":
        return Operation(name, [source], [result], 9, {0: Scalar("f", 1.0)}, 2)
    if name == "LEAKY_RELU":
        return Operation(
            name,
            [source],
            [result],
            75,
            {0: Scalar("f", draw(st.floats(0.125, 0.875, width=32)))},
            2,
        )
    if name == "GELU":
        approximate = {0: Scalar("B", draw(st.booleans()))}
        return Operation(name, [source], [result], 116, {**approximate}, 2)
    return Operation(name, [source], [result], version=OLD_VERSIONS.get(name, 2))


@st.composite
def reduction(draw: Draw, name: str) -> Operation:
    shape = tuple(sizes(draw, 1, 7, 4))
    axes = draw(st.sampled_from([(1, 2), (1,), (2,), (3,), (1, 2, 3)]))
    keep = draw(st.booleans())
    source = quantised(draw, shape)
    out = tuple(
        1 if at in axes else size for at, size in enumerate(shape) if keep or at not in axes
    )
    result = like(source, out)
    if name in ("MEAN", "SUM"):
        count = 1 if name == "MEAN" else prod(shape[axis] for axis in axes)
        # The reference kernel of SUM does not clip: its levels must stay below 255 / 2.05 = 124.
        factor = between(draw, 0.4, 2) if name == "MEAN" else between(draw, 2.05, 2.3) * count
        wanted = source.single_scale * factor
        result = TensorOf(out, float(np.float32(wanted)), 0 if name == "SUM" else source.zero)
    places = constant_of(np.array(axes, np.int32))
    return Operation(name, [source, places], [result], 27, {0: Scalar("B", keep)}, 2)


@st.composite
def change_of_scale(draw: Draw, name: str) -> Operation:
    shape = tuple(sizes(draw, 1, 6, draw(st.integers(1, 4))))
    source, result = quantised(draw, shape), quantised(draw, shape)
    if name == "DEQUANTIZE":
        return Operation(name, [source], [TensorOf(shape, kind="float32")], version=2)
    if draw(st.booleans()):
        source = TensorOf(shape, kind="float32")
    return Operation(name, [source], [result], version=2)


@st.composite
def layout(draw: Draw, name: str) -> Operation:
    shape = tuple(sizes(draw, 1, 6, draw(st.integers(1, 4))))
    source = quantised(draw, shape)
    inputs: list[TensorOf] = [source]
    options: dict[int, Any] = {}
    kind, version, axis = 0, OLD_VERSIONS.get(name, 2), draw(st.integers(0, len(shape) - 1))
    outs = [shape]
    if name == "RESHAPE":
        outs = [(shape[0], prod(shape[1:]))]
        inputs, kind, version = [source, constant_of(np.array(outs[0], np.int32))], 17, 1
    elif name == "TRANSPOSE":
        order = draw(st.permutations(range(len(shape))))
        outs = [tuple(shape[at] for at in order)]
        inputs = [source, constant_of(np.array(order, np.int32))]
    elif name == "CONCATENATION":
        other = tuple(size + (at == axis) * 2 for at, size in enumerate(shape))
        inputs, options, kind = [source, like(source, other)], {0: Scalar("i", axis)}, 10
        outs = [tuple(a + (at == axis) * (a + 2) for at, a in enumerate(shape))]
    elif name in ("PACK", "UNPACK"):
        if name == "PACK":
            inputs = [source, like(source, shape), like(source, shape)]
            outs = [(*shape[:axis], 3, *shape[axis:])]
            options, kind = {0: Scalar("i", 3), 1: Scalar("i", axis)}, 59
        else:
            outs = [shape[:axis] + shape[axis + 1 :]] * shape[axis]
            options, kind = {0: Scalar("i", shape[axis]), 1: Scalar("i", axis)}, 64
    elif name == "SPLIT":
        double = tuple(size * (1 + (at == axis)) for at, size in enumerate(shape))
        inputs, outs = [constant_of(np.array(axis, np.int32)), like(source, double)], [shape, shape]
        options, kind = {0: Scalar("i", 2)}, 35
    elif name in ("STRIDED_SLICE", "SLICE"):
        begin = [draw(st.integers(0, size - 1)) for size in shape]
        end = [draw(st.integers(a + 1, size)) for a, size in zip(begin, shape, strict=True)]
        step = sizes(draw, 1, 2, len(shape)) if name == "STRIDED_SLICE" else [1] * len(shape)
        outs = [tuple(len(range(*each)) for each in zip(begin, end, step, strict=True))]
        lists = [begin, end, step] if name == "STRIDED_SLICE" else [begin, list(outs[0])]
        inputs = [source, *(constant_of(np.array(values, np.int32)) for values in lists)]
        if name == "STRIDED_SLICE":
            kind, options = 32, {0: Scalar("i", 0)}
    elif name in ("PAD", "PADV2"):
        pairs = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in shape]
        outs = [tuple(sum(pair) + size for pair, size in zip(pairs, shape, strict=True))]
        inputs = [source, constant_of(np.array(pairs, np.int32))]
        if name == "PADV2":
            value = np.array([draw(st.integers(-128, 127))], np.int8)
            inputs.append(constant_of(value, scale=source.scale, zero=source.zero))
    elif name == "GATHER":
        picks = draw(st.lists(st.integers(0, shape[axis] - 1), min_size=1, max_size=4))
        inputs = [source, constant_of(np.array(picks, np.int32))]
        outs = [(*shape[:axis], len(picks), *shape[axis + 1 :])]
        options, kind = {0: Scalar("i", axis)}, 23
    elif name == "TILE":
        counts = sizes(draw, 1, 3, len(shape))
        inputs = [source, constant_of(np.array(counts, np.int32))]
        outs = [tuple(size * count for size, count in zip(shape, counts, strict=True))]
    elif name == "SQUEEZE":
        inputs = [like(source, (1, *shape))]
        options, kind = {0: Vector("i", [0])}, 30
    elif name == "EXPAND_DIMS":
        inputs = [source, constant_of(np.array(axis, np.int32))]
        outs = [(*shape[:axis], 1, *shape[axis:])]
    return Operation(name, inputs, [like(source, out) for out in outs], kind, options, version)


@st.composite
def blocks(draw: Draw, name: str) -> Operation:
    height, width, channels = sizes(draw, 1, 5, 3)
    block = sizes(draw, 1, 3, 2)
    table = constant_of(np.array(block, np.int32))
    if name == "SPACE_TO_BATCH_ND":
        pairs = [(draw(st.integers(0, 2)), 0) for _ in block]
        pairs = [
            (before, -(size + before) % each)
            for (before, _), size, each in zip(pairs, (height, width), block, strict=True)
        ]
        source = quantised(draw, (1, height, width, channels))
        axes = [
            (size + sum(pair)) // each
            for size, pair, each in zip((height, width), pairs, block, strict=True)
        ]
        result = like(source, (prod(block), *axes, channels))
    else:
        source = quantised(draw, (prod(block), height, width, channels))
        whole = [size * each for size, each in zip((height, width), block, strict=True)]
        pairs = [(0, draw(st.integers(0, size - 1))) for size in whole]
        axes = [size - pair[1] for size, pair in zip(whole, pairs, strict=True)]
        result = like(source, (1, *axes, channels))
    amounts = constant_of(np.array(pairs, np.int32))
    return Operation(name, [source, table, amounts], [result], version=2)


LAYOUTS = (
    *("RESHAPE", "TRANSPOSE", "CONCATENATION", "PACK", "UNPACK", "SPLIT", "STRIDED_SLICE"),
    *("SLICE", "PAD", "PADV2", "TILE", "GATHER", "SQUEEZE", "EXPAND_DIMS"),
)
STRATEGIES = {
    **{name: windows(name) for name in ("CONV_2D", "DEPTHWISE_CONV_2D")},
    **{name: windows(name) for name in ("MAX_POOL_2D", "AVERAGE_POOL_2D")},
    "TRANSPOSE_CONV": transpose_convolution(),
    "FULLY_CONNECTED": dense(),
    "PRELU": prelu(),
    **{name: resize(name) for name in ("RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR")},
    **{name: binary(name) for name in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")},
    **{name: unary(name) for name in ("RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH")},
    **{name: unary(name) for name in ("SOFTMAX", "LEAKY_RELU", "HARD_SWISH", "GELU")},
    **{name: reduction(name) for name in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")},
    **{name: change_of_scale(name) for name in ("QUANTIZE", "DEQUANTIZE")},
    **{name: layout(name) for name in LAYOUTS},
    **{name: blocks(name) for name in ("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND")},
}
