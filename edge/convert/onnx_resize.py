"""Resize of ONNX, with the modes that TFLite has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edge.convert.onnx_graph import Value
from edge.errors import ModelError

# Of TensorFlow: whether the corners are aligned, and whether the centres of the pixels are.
MODES = ((False, False), (False, True), (True, False))
ADVICE = "export it with mode nearest or bilinear, and without antialiasing"
# What is added before the value is rounded, and whether it is rounded upwards.
ROUNDINGS = {
    "floor": (0.0, False),
    "ceil": (0.0, True),
    "round_prefer_floor": (-0.5, True),
    "round_prefer_ceil": (0.5, False),
}
Attributes = Mapping[str, Any]
Positions = NDArray[np.float64]


def resize(values: Sequence[Value], attributes: Attributes) -> list[Value]:
    """The mode of TensorFlow is the one that reads the same positions of the input."""
    mode = attributes.get("mode", b"nearest").decode()
    if mode not in ("nearest", "linear") or attributes.get("antialias", 0):
        raise ModelError(f"a resize has the mode {mode}, or antialiasing: {ADVICE}")
    tensor = values[0].last()
    before = [int(size) for size in tensor.shape[1:-1]]
    scales = _scales(values, attributes, before)
    after = [int(size * scale + 1e-6) for size, scale in zip(before, scales, strict=True)]
    wanted = [
        _positions(attributes, *of_axis) for of_axis in zip(before, after, scales, strict=True)
    ]
    for corners, centres in MODES:
        found = [
            _tensorflow_positions(size, count, corners, centres, mode)
            for size, count in zip(before, after, strict=True)
        ]
        if all(np.allclose(a, b, atol=1e-4) for a, b in zip(wanted, found, strict=True)):
            return [Value(_resized(tensor, after, mode, corners, centres), True)]
    raise ModelError(f"a resize reads positions that TFLite cannot read: {ADVICE}")


def _scales(values: Sequence[Value], attributes: Attributes, before: list[int]) -> list[float]:
    """The factor of each axis of positions."""
    rank = values[0].rank
    axes = [axis % rank for axis in attributes.get("axes", range(rank))]
    # Upsample, the older operator, has the scales as its second input, Resize as its third.
    number = 1 if len(values) == 2 else 2
    given = values[number].tensor.tolist() if len(values) > number else attributes.get("scales", [])
    if not given and len(values) > 3:
        counts = values[3].tensor.tolist()
        given = [
            1.0 if axis < 2 else count / before[axis - 2]
            for axis, count in zip(axes, counts, strict=True)
        ]
    factors = dict(zip(axes, given, strict=True))
    if any(factors.get(axis, 1.0) != 1.0 for axis in (0, 1)):
        raise ModelError("a resize changes the channels: export a network that does not")
    return [float(factors.get(axis, 1.0)) for axis in range(2, rank)]


def _positions(attributes: Attributes, size: int, count: int, scale: float) -> Positions:
    """The positions of the input, one for each value of the output, as ONNX defines them."""
    kind = attributes.get("coordinate_transformation_mode", b"half_pixel").decode()
    x = np.arange(count, dtype=np.float64)
    if kind == "asymmetric":
        found = x / scale
    elif kind == "align_corners":
        found = x * (size - 1) / max(1, count - 1)
    elif kind == "pytorch_half_pixel" and count == 1:
        found = np.zeros(1)
    elif kind in ("half_pixel", "pytorch_half_pixel"):
        found = (x + 0.5) / scale - 0.5
    else:
        raise ModelError(f"a resize has the coordinates {kind}: {ADVICE}")
    if attributes.get("mode", b"nearest") == b"nearest":
        rounding = attributes.get("nearest_mode", b"round_prefer_floor").decode()
        shift, upwards = ROUNDINGS[rounding]
        found = np.ceil(found + shift) if upwards else np.floor(found + shift)
    return np.clip(found, 0, size - 1)


def _tensorflow_positions(
    size: int, count: int, corners: bool, centres: bool, mode: str
) -> Positions:
    step = (size - 1) / (count - 1) if corners and count > 1 else size / count
    x = np.arange(count, dtype=np.float64)
    if mode == "nearest":
        found = (x + 0.5 * centres) * step
        return np.clip(np.floor(found + 0.5 if corners else found), 0, size - 1)
    return np.clip((x + 0.5) * step - 0.5 if centres else x * step, 0, size - 1)


def _resized(tensor: Any, sizes: list[int], mode: str, corners: bool, centres: bool) -> Any:
    is_signal = len(sizes) == 1
    if is_signal:
        tensor, sizes = tensor[:, None], [1, *sizes]
    if len(sizes) != 2:
        raise ModelError("a resize of a volume: TFLite resizes images and signals only")
    operator = tf.raw_ops.ResizeBilinear if mode == "linear" else tf.raw_ops.ResizeNearestNeighbor
    found = operator(images=tensor, size=sizes, align_corners=corners, half_pixel_centers=centres)
    return found[:, 0] if is_signal else found
