"""The cost of a computation: arithmetic operations of a quanvolution, and time of a call."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from edge.features.quantum.quanvolution import Quanvolution

CALLS = 200


def operations(stage: Quanvolution) -> tuple[int, int]:
    """Return the number of cosines and sines, and of multiplications, for each patch."""
    form = stage.closed_form
    factors, products = len(form.factors), len(form.products)
    return factors, products + (factors + products) * form.coefficients.shape[1]


def microseconds(function: Callable[[], object], calls: int = CALLS) -> float:
    """Return the median time of a call, which other load on the machine hardly changes."""
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return round(1e6 * float(np.median(times)), 1)
