"""The fixed-point arithmetic of TFLite's reference kernels, on arrays of int64.

Numbers are 32 bits wide there. "Q5" is a number with 5 integer bits and 26 fractional bits; "Q0"
has 31 fractional bits. The functions for exponentials and reciprocals are those of gemmlowp.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
MAX = (1 << 31) - 1
ONE_Q2 = 1 << 29
# Of exp(-1/4), exp(-1/2), exp(-1), ..., exp(-16) in Q0, by the bit of the remainder in Q5.
EXP_FACTORS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def quantised_multiplier(value: float) -> tuple[int, int]:
    """A positive factor as a fraction in Q0, from 1/2 to 1, and a power of two."""
    if value == 0:
        return 0, 0
    fraction, exponent = math.frexp(value)
    fixed = int(fraction * (1 << 31) + 0.5)
    if fixed == 1 << 31:
        fixed, exponent = fixed // 2, exponent + 1
    return (0, 0) if exponent < -31 else (fixed, exponent)


def multiply(a: Any, b: Any) -> Integers:
    """The product of two numbers in Q0, rounded to the nearest."""
    product: Integers = (np.asarray(a, np.int64) * b + (1 << 30)) >> 31
    return product


def shift_right(values: Any, bits: Any) -> Integers:
    """Division by a power of two; halves are rounded away from zero."""
    values = np.asarray(values, np.int64)
    half = (np.int64(1) << np.asarray(bits, np.int64)) >> 1
    rounded: Integers = (values + half - ((values < 0) & (half > 0))) >> bits
    return rounded


def scale(values: Any, multiplier: Any, exponent: Any) -> Integers:
    """Values times a factor of `quantised_multiplier`."""
    left, right = np.maximum(exponent, 0), np.maximum(-np.asarray(exponent), 0)
    return shift_right(multiply(np.asarray(values, np.int64) << left, multiplier), right)


def shift_left(values: Any, bits: int) -> Integers:
    shifted: Integers = np.clip(np.asarray(values, np.int64) << bits, -MAX - 1, MAX)
    return shifted


def exp_of_negative(values: Any) -> Integers:
    """exp of numbers in Q5 that are not positive, in Q0."""
    values = np.asarray(values, np.int64)
    quarter = 1 << 24
    within = (values & (quarter - 1)) - quarter
    result = _exp_of_quarter(within << 5)
    remainder = within - values
    for bit, factor in enumerate(EXP_FACTORS, 24):
        result = np.where(remainder >> bit & 1, multiply(result, factor), result)
    return np.where(values == 0, MAX, result)


def _exp_of_quarter(values: Integers) -> Integers:
    """exp of numbers from -1/4 to 0, in Q0: a polynomial around -1/8."""
    constant, third = 1895147668, 715827883  # exp(-1/8), 1/3
    x = values + (1 << 28)
    x2 = multiply(x, x)
    x3, x4 = multiply(x2, x), multiply(x2, x2)
    rest = shift_right(multiply(shift_right(x4, 2) + x3, third) + x2, 1)
    return constant + multiply(constant, x + rest)


def reciprocal(values: Any) -> Integers:
    """1 / (1 + x) of numbers x in Q0 from 0 to 1, in Q0: three steps of Newton's method."""
    # The mean of x and 1, rounded; 1 is the largest number in Q0.
    half = (np.asarray(values, np.int64) + MAX + 1) >> 1
    x = 1515870810 + multiply(half, -1010580540)  # 48/17 and -32/17 in Q2
    for _ in range(3):
        x = x + shift_left(multiply(x, ONE_Q2 - multiply(half, x)), 2)
    return shift_left(x, 1)


def logistic(values: Any) -> Integers:
    """1 / (1 + exp(-x)) of numbers in Q4, in Q0."""
    values = np.asarray(values, np.int64)
    # exp of Q4 is exp of Q5 with one bit less.
    positive = reciprocal(_exp_of_q4(-np.abs(values)))
    result = np.where(values > 0, positive, MAX - positive)
    return np.where(values == 0, 1 << 30, result)


def tanh(values: Any) -> Integers:
    """The hyperbolic tangent of numbers in Q4, in Q0."""
    values = np.asarray(values, np.int64)
    exponential = exp_of_negative(-np.abs(values))  # twice a number in Q4 has the same bits in Q5
    positive = _one_minus_over_one_plus(exponential)
    return np.where(values == 0, 0, np.where(values > 0, positive, -positive))


def _exp_of_q4(values: Integers) -> Integers:
    quarter = 1 << 25
    within = (values & (quarter - 1)) - quarter
    result = _exp_of_quarter(within << 4)
    remainder = within - values
    for bit, factor in enumerate(EXP_FACTORS[:6], 25):
        result = np.where(remainder >> bit & 1, multiply(result, factor), result)
    return np.where(values == 0, MAX, result)


def _one_minus_over_one_plus(values: Integers) -> Integers:
    """(1 - x) / (1 + x) of numbers in Q0 from 0 to 1, in Q0."""
    half = (values + MAX + 1) >> 1
    x = 1515870810 + multiply(half, -1010580540)
    for _ in range(3):
        x = x + shift_left(multiply(x, ONE_Q2 - multiply(half, x)), 2)
    return shift_left(x - ONE_Q2, 2)
