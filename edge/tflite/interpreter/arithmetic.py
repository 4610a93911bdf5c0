"""How sums of products become int8 levels again: as LiteRT rounds, or as its reference kernels do.

LiteRT runs int8 networks with XNNPACK, which multiplies by a float32 factor. The reference kernels
of TFLite multiply by a fixed-point factor and round twice, so their results differ from those of
LiteRT by one level now and then. Figures and thresholds of the models were measured with LiteRT.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.tflite.interpreter.fixed_point import (
    quantised_multiplier,
    scale,
)
from edge.tflite.interpreter.fixed_point_softmax import fixed_point_softmax

Array = NDArray[Any]
Step = Callable[[], None]
Span = tuple[int, int, int]
"""Zero point, lowest and highest level of a tensor."""
AWAY_FROM_ZERO = 1 + 2.0**-40
"""A factor that moves halves away from zero, and nothing else to another whole number."""
MAX_EXACT = 1 << 22  # of sums whose product with a factor of 31 bits is exact in float64


class Arithmetic(ABC):
    """One way to round. The sums are whole numbers in a float array, which may be overwritten."""

    @abstractmethod
    def requantiser(
        self,
        sums: Array,
        factors: Array,
        limit: float,
        out: Array,
        span: Span,
        rounds_once: bool = False,
    ) -> Step:
        """A step that writes `sums * factors + zero` to `out`, rounded and clipped.

        `factors` are float64 and broadcast to `sums`; no sum exceeds `limit`. The kernel of
        dense layers rounds once where the other reference kernels round twice.
        """

    @abstractmethod
    def addition(
        self, first: Operand, second: Operand, out: Array, scale: float, span: Span
    ) -> Step:
        """A step that writes `first + second` to `out`."""

    @abstractmethod
    def product_factor(self, first: float, second: float, result: float) -> float:
        """The factor from products of levels to levels, from the scales."""

    @abstractmethod
    def mean(
        self,
        sums: Array,
        scales: tuple[float, float],
        count: int,
        out: Array,
        span: Span,
    ) -> Step:
        """A step that divides sums of `count` levels without zero point, and writes the levels.

        `scales` are those of the input and the output.
        """

    @abstractmethod
    def rescaled(self, levels: Array, ratio: float) -> Array:
        """Levels without zero point, times the ratio of two scales, as whole numbers."""

    @abstractmethod
    def quantiser(self, scale: float) -> Callable[[Array], Array]:
        """The function from float values to levels without zero point."""

    @abstractmethod
    def softmax(self, scale: float, beta: float) -> Callable[[Array], Array]:
        """The function from rows of levels to the levels of their softmax, at scale 1/256."""


class Operand:
    """An int8 input of an addition: its levels and what they mean."""

    def __init__(self, levels: Array, scale: float, zero: int, sign: int = 1) -> None:
        self.levels, self.scale, self.zero, self.sign = levels, scale, zero, sign


class LiteRT(Arithmetic):
    def requantiser(
        self,
        sums: Array,
        factors: Array,
        limit: float,
        out: Array,
        span: Span,
        rounds_once: bool = False,
    ) -> Step:
        factor = factors.astype(np.float32)
        zero, low, high = (np.array(value, np.float32) for value in span)
        low, high = low - zero, high - zero
        single = sums if sums.dtype == np.float32 else np.empty(sums.shape, np.float32)
        multiply, rint, maximum, minimum, add = (
            *(np.multiply, np.rint, np.maximum, np.minimum, np.add),
        )

        def step() -> None:
            if single is not sums:
                np.copyto(single, sums, casting="same_kind")
            multiply(single, factor, single)
            rint(single, single)
            maximum(single, low, out=single)
            minimum(single, high, out=single)
            add(single, zero, out)

        return step

    def addition(
        self, first: Operand, second: Operand, out: Array, scale: float, span: Span
    ) -> Step:
        """XNNPACK adds with factors of 21 bits and one shift, so float64 is exact."""
        ratios = [np.float32(each.scale) / np.float32(scale) for each in (first, second)]
        exponent = 20 - (int(np.frexp(max(ratios))[1]) - 1)
        factors = [
            each.sign * float(np.rint(np.ldexp(np.float64(ratio), exponent)))
            for each, ratio in zip((first, second), ratios, strict=True)
        ]
        zero, low, high = span
        half = 2.0 ** (exponent - 1)
        bias = half - factors[0] * first.zero - factors[1] * second.zero + zero * 2.0**exponent
        a, b = (np.array(factor) for factor in factors)
        constant, down = np.array(bias), np.array(2.0**-exponent)
        lowest, highest = np.array(float(low)), np.array(float(high))
        left, right = np.empty(first.levels.shape), np.empty(second.levels.shape)
        total = np.empty(out.shape)

        def step() -> None:
            np.multiply(first.levels, a, left)
            np.multiply(second.levels, b, right)
            np.add(left, right, total)
            np.add(total, constant, total)
            np.multiply(total, down, total)
            np.floor(total, total)
            np.maximum(total, lowest, out=total)
            np.minimum(total, highest, out=total)
            np.copyto(out, total, casting="same_kind")

        return step

    def product_factor(self, first: float, second: float, result: float) -> float:
        return float(np.float32(first) * np.float32(second) / np.float32(result))

    def mean(
        self,
        sums: Array,
        scales: tuple[float, float],
        count: int,
        out: Array,
        span: Span,
    ) -> Step:
        ratio = np.float32(scales[0]) / np.float32(scales[1])
        factor = np.array(ratio * (np.float32(1) / np.float32(count)))
        return self.requantiser(sums, factor, 256.0 * count, out, span)

    def rescaled(self, levels: Array, ratio: float) -> Array:
        """XNNPACK uses factors with 8 fractional bits."""
        factor = int(np.rint(256 * np.float32(ratio)))
        return (levels * factor + 128) >> 8

    def quantiser(self, scale: float) -> Callable[[Array], Array]:
        inverse = np.float32(1) / np.float32(scale)
        return lambda values: np.rint(values * inverse)

    def softmax(self, scale: float, beta: float) -> Callable[[Array], Array]:
        exponentials = np.exp(-np.float32(scale * beta) * np.arange(256, dtype=np.float32))

        def normalise(rows: Array) -> Array:
            values = exponentials[(rows.max(1, keepdims=True) - rows).astype(np.intp)]
            factors = np.float32(256) / values.cumsum(1, dtype=np.float32)[:, -1:]
            return (np.rint(values * factors) - 128).clip(-128, 127)

        return normalise


class Reference(Arithmetic):
    def requantiser(
        self,
        sums: Array,
        factors: Array,
        limit: float,
        out: Array,
        span: Span,
        rounds_once: bool = False,
    ) -> Step:
        pairs = [quantised_multiplier(float(factor)) for factor in factors.reshape(-1)]
        fixed = np.array([pair[0] for pair in pairs], np.int64).reshape(factors.shape)
        exponents = np.array([pair[1] for pair in pairs], np.int64).reshape(factors.shape)
        if rounds_once:
            return _floor_step(sums, fixed * 2.0 ** (exponents - 31), out, span)
        return _fixed_point_step(sums, fixed, exponents, limit, out, span)

    def addition(
        self, first: Operand, second: Operand, out: Array, scale: float, span: Span
    ) -> Step:
        """The inputs are scaled to one scale with 20 more bits; the sum is scaled to the output."""
        largest = 2.0 * max(first.scale, second.scale)
        tables = [_scaled_levels(operand, largest) for operand in (first, second)]
        fixed, exponent = quantised_multiplier(largest / ((1 << 20) * scale))
        zero, low, high = span

        def step() -> None:
            total = tables[0][_places(first.levels)] + tables[1][_places(second.levels)]
            levels = _scale(total, fixed, exponent) + zero
            np.copyto(out, levels.clip(low, high), casting="unsafe")

        return step

    def product_factor(self, first: float, second: float, result: float) -> float:
        return first * second / result

    def mean(
        self,
        sums: Array,
        scales: tuple[float, float],
        count: int,
        out: Array,
        span: Span,
    ) -> Step:
        """The division by the count is part of the factor, which keeps as many bits as fit."""
        fixed, exponent = quantised_multiplier(scales[0] / scales[1])
        bits = max(0, min(count.bit_length() - 1, 32, 31 + exponent))
        factor = np.array((fixed << bits) // count)
        return _fixed_point_step(sums, factor, np.array(exponent - bits), 256.0 * count, out, span)

    def rescaled(self, levels: Array, ratio: float) -> Array:
        return _scale(levels, *quantised_multiplier(ratio))

    def quantiser(self, scale: float) -> Callable[[Array], Array]:
        divisor = np.float32(scale)
        return lambda values: away_from_zero(values / divisor)

    def softmax(self, scale: float, beta: float) -> Callable[[Array], Array]:
        return fixed_point_softmax(scale, beta)


def away_from_zero(values: Array) -> Array:
    """Rounded to whole numbers, halves away from zero."""
    rounded: Array = np.trunc(values + np.copysign(np.float32(0.5), values))
    return rounded


def _fixed_point_step(
    sums: Array, fixed: Array, exponents: Array, limit: float, out: Array, span: Span
) -> Step:
    """A step that multiplies by fixed-point factors and rounds twice."""
    zero, low, high = span
    left, right = np.maximum(exponents, 0), np.maximum(-exponents, 0)
    if limit * float(2 ** left.max()) > MAX_EXACT:

        def exact_step() -> None:
            levels = scale(np.rint(sums).astype(np.int64), fixed, exponents) + zero
            np.copyto(out, levels.clip(low, high), casting="unsafe")

        return exact_step
    first = fixed * 2.0 ** (left - 31)
    second = AWAY_FROM_ZERO * 2.0**-right
    half, offset = np.array(0.5), np.array(float(zero))
    lowest, highest = np.array(float(low)), np.array(float(high))
    values = np.empty(sums.shape)

    def step() -> None:
        np.multiply(sums, first, values)
        np.add(values, half, values)
        np.floor(values, values)
        np.multiply(values, second, values)
        np.rint(values, values)
        np.add(values, offset, values)
        np.maximum(values, lowest, out=values)
        np.minimum(values, highest, out=values)
        np.copyto(out, values, casting="same_kind")

    return step


def _floor_step(sums: Array, factors: Array, out: Array, span: Span) -> Step:
    """A step that multiplies by fixed-point factors and rounds once, halves up."""
    half, values = 0.5 + span[0], np.empty(sums.shape)

    def step() -> None:
        np.multiply(sums, factors, values)
        np.floor(values + half, values)
        np.copyto(out, values.clip(*span[1:]), casting="same_kind")

    return step


_scale = scale  # the parameter `scale` of `addition` has the same name


def _places(levels: Array) -> Array:
    return (levels + 128).astype(np.intp)


def _scaled_levels(operand: Operand, largest: float) -> Array:
    """An operand's contribution to the sum for each of its levels, from -128 on."""
    fixed, exponent = quantised_multiplier(operand.scale / largest)
    shifted = (np.arange(-128, 128) - operand.zero) << 20
    return operand.sign * scale(shifted, fixed, exponent)


LITERT, REFERENCE = LiteRT(), Reference()
