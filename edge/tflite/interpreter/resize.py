"""Changes of the size of an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.tflite.interpreter.arena import Arena
from edge.tflite.interpreter.arithmetic import LITERT, Arithmetic, Step
from edge.tflite.node import Node
from edge.tflite.rules.layout import resize_modes

REFERENCE_BITS, LITERT_BITS = 10, 11  # of the fraction of a place
Places = NDArray[np.intp]
Shares = NDArray[np.float64]


def resize_nearest(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    values, out = arena.values(node.operator.inputs[0]), arena.values(node.operator.outputs[0])
    y, x = (_nearest(values.shape[at], out.shape[at], *resize_modes(node)) for at in (1, 2))
    batch, height, width, channels = values.shape
    rows = values.reshape(-1, channels)
    image = np.arange(batch).reshape(-1, 1, 1) * height * width
    places = (image + y[:, np.newaxis] * width + x).reshape(-1)
    table = out.reshape(-1, channels)

    def step() -> None:
        rows.take(places, 0, table, "clip")

    return [step]


def resize_bilinear(node: Node, arena: Arena, arithmetic: Arithmetic) -> list[Step]:
    values, out = arena.values(node.operator.inputs[0]), arena.values(node.operator.outputs[0])
    is_litert = arithmetic is LITERT
    one = float(1 << (LITERT_BITS if is_litert else REFERENCE_BITS))
    between = _between_as_litert if is_litert else _between_as_reference
    (top, bottom, down), (left, right, across) = (
        between(values.shape[at], out.shape[at], *resize_modes(node)) for at in (1, 2)
    )
    down, across = down[:, np.newaxis, np.newaxis], across[:, np.newaxis]
    half, scale = np.array(0.5), np.array(one**-2)

    def step() -> None:
        rows = values.take(left, 2) * (one - across) + values.take(right, 2) * across
        sums = rows.take(top, 1) * (one - down) + rows.take(bottom, 1) * down
        exact = sums * scale
        if is_litert:
            rounded = np.floor(exact + half)
        else:  # halves are rounded away from zero
            rounded = np.trunc(exact + np.copysign(half, exact))
        np.copyto(out, rounded, casting="same_kind")

    return [step]


def _between_as_reference(
    source: int, target: int, align_corners: bool, half_pixel: bool
) -> tuple[Places, Places, Shares]:
    """For each place of an axis of the output: the two places of the input around it, and the share
    of the second one."""
    one = 1 << REFERENCE_BITS
    if align_corners and target > 1:
        step = (one * (source - 1) + (target - 1) // 2) // (target - 1)
    else:
        step = (one * source + target // 2) // target
    places = np.arange(target) * step + (step // 2 - one // 2 if half_pixel else 0)
    lower = (places // one).clip(0)
    upper = ((places + one - 1) // one).clip(0, source - 1)
    return lower.clip(0, source - 1), upper, (places - one * lower).astype(np.float64)


def _between_as_litert(
    source: int, target: int, align_corners: bool, half_pixel: bool
) -> tuple[Places, Places, Shares]:
    """The same, with places in float32, as XNNPACK computes them."""
    step = _step(source, target, align_corners)
    offset = np.float32(0.5) * step - np.float32(0.5) if half_pixel else np.float32(0)
    places = np.arange(target, dtype=np.float32) * step + offset
    places = places.clip(0, np.float32(source - 1))
    lower = places.astype(np.intp)
    shares = np.rint((places - lower.astype(np.float32)) * np.float32(1 << LITERT_BITS))
    return lower, (lower + 1).clip(0, source - 1), shares.astype(np.float64)


def _step(source: int, target: int, align_corners: bool) -> np.float32:
    """Pixels of the input for each pixel of the output."""
    if align_corners and target > 1:
        return np.float32(source - 1) / np.float32(target - 1)
    return np.float32(source) / np.float32(target)


def _nearest(source: int, target: int, align_corners: bool, half_pixel: bool) -> Places:
    """For each place of an axis of the output, its place in the input; float32, as in TFLite."""
    one = np.float32(1)
    step = _step(source, target, align_corners)
    centres = np.arange(target, dtype=np.float32) + (one / 2 if half_pixel else np.float32(0))
    places = centres * step
    places = np.floor(places + one / 2) if align_corners else np.floor(places)
    return places.clip(0, source - 1).astype(np.intp)
