"""The tensors for each inference: feature windows if they match the model, else random values."""

from __future__ import annotations

import numpy as np

from edge.bench.engines.base import Array, TensorSpec
from edge.bench.inputs.windows import InputWindows

COUNT = 16  # inferences with different tensors, before the first tensors are used again
SEED = 7


def input_tensors(
    specs: list[TensorSpec], windows: InputWindows | None
) -> tuple[list[list[Array]], str]:
    """The list of tensors for each inference, and the origin of the tensors in words."""
    if windows is not None:
        if (tensors := _whole_windows(specs, windows)) is not None:
            return tensors, windows.origin
        if windows.states and [s.shape for s in specs[1:]] == [s.shape[1:] for s in windows.states]:
            return _last_steps(specs[0], windows), f"the last step of {windows.origin}"
    rng = np.random.default_rng(SEED)
    tensors = [[_random(spec, rng) for spec in specs] for _ in range(COUNT)]
    kinds = ", ".join(sorted({str(spec.dtype) for spec in specs}))
    return tensors, f"random {kinds} (seed {SEED}), because the real input is unknown"


def _whole_windows(specs: list[TensorSpec], windows: InputWindows) -> list[list[Array]] | None:
    """The windows as float32 or int8; None if they do not match the only input."""
    spec = specs[0]
    if len(specs) > 1 or windows.tensors[0].size != np.prod(spec.shape):
        return None
    tensors = windows.tensors.reshape(-1, *spec.shape)
    if spec.dtype == np.float32:
        return [[tensor] for tensor in tensors]
    scale, zero = (spec.scale, spec.zero) if spec.scale else (windows.scale, windows.zero)
    if spec.dtype == np.int8 and scale:
        return [[tensor] for tensor in quantised(tensors, scale, zero)]
    return None


def _last_steps(spec: TensorSpec, windows: InputWindows) -> list[list[Array]]:
    """The newest rows of each window, with the states of the streaming network before them."""
    rows = quantised(windows.tensors[:, -spec.shape[1] :], windows.scale, windows.zero)
    return [list(tensors) for tensors in zip(rows[:, None], *windows.states, strict=True)]


def quantised(tensors: Array, scale: float, zero: int) -> Array:
    """The tensors as int8 levels."""
    return np.clip(np.rint(tensors / scale) + zero, -128, 127).astype(np.int8)


def _random(spec: TensorSpec, rng: np.random.Generator) -> Array:
    """Any value of an 8-bit type; -1 to 1 for floats; 0 or 1 for other integers, which may be
    indices into a small table."""
    if spec.dtype in (np.int8, np.uint8):
        limits = np.iinfo(spec.dtype)
        return rng.integers(limits.min, limits.max + 1, spec.shape).astype(spec.dtype)
    if spec.dtype.kind == "f":
        return rng.uniform(-1, 1, spec.shape).astype(spec.dtype)
    return rng.integers(0, 2, spec.shape).astype(spec.dtype)
