"""The softmax of TFLite's reference kernel, in fixed-point arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.tflite.interpreter.fixed_point import (
    exp_of_negative,
    multiply,
    quantised_multiplier,
    reciprocal,
    shift_right,
)

Array = NDArray[Any]


def fixed_point_softmax(scale: float, beta: float) -> Callable[[Array], Array]:
    """The function from rows of levels to the levels of their softmax, at scale 1/256."""
    fixed, exponent = quantised_multiplier(min(beta * scale * (1 << 26), float((1 << 31) - 1)))
    # Levels so far below the largest one that the difference does not fit into Q5 count as zero.
    radius = math.floor(31.0 * (1 << 26) / 2.0**exponent)
    differences = -np.arange(256, dtype=np.int64)
    reachable = differences >= -radius
    scaled = multiply(np.where(reachable, differences, 0) << max(exponent, 0), fixed)
    exponentials = np.where(reachable, exp_of_negative(scaled), 0)
    summands = np.where(reachable, shift_right(exponentials, 12), 0)

    def normalise(rows: Array) -> Array:
        places = (rows.max(1, keepdims=True) - rows).astype(np.intp)
        sums = summands[places].sum(1, keepdims=True)
        # The sum as a number from 1 to 2, times a power of two.
        spare = 32 - np.array([[int(total).bit_length()] for total in sums[:, 0]])
        inverse = reciprocal((sums << spare) - (1 << 31))
        levels = shift_right(multiply(inverse, exponentials[places]), 12 - spare + 31 - 8)
        return np.where(reachable[places], levels - 128, -128).clip(-128, 127)

    return normalise
