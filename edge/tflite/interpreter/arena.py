"""The memory of a network: one float32 array for each tensor that is computed."""

from __future__ import annotations

from collections import defaultdict
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.tflite.network import Network, Tensor
from edge.tflite.node import FLOAT32, INT8, constant

Array = NDArray[Any]


class Arena:
    def __init__(self, network: Network) -> None:
        self._tensors = network.tensors
        self._memory: dict[int, Array] = {}
        # A reshaped tensor shares its memory with the original, and both end with one more row.
        self._row_sizes: dict[int, int] = defaultdict(int)
        for tensor in network.tensors:
            size, last = prod(tensor.shape), tensor.shape[-1] if tensor.shape else 1
            self._row_sizes[size] = max(self._row_sizes[size], last)

    def values(self, index: int) -> Array:
        """The values of a tensor: whole numbers in float32 if it is int8."""
        tensor = self._tensors[index]
        return self._flat(index)[: prod(tensor.shape)].reshape(tensor.shape)

    def rows(self, index: int) -> Array:
        """The values as a table of channels, and one more row with the zero point: the padding."""
        tensor = self._tensors[index]
        channels = tensor.shape[-1]
        size = prod(tensor.shape) + channels
        return self._flat(index)[:size].reshape(-1, channels)

    def share(self, index: int, source: int) -> bool:
        """Let a tensor use the memory of another; False if their zero points differ."""
        tensor, other = self._tensors[index], self._tensors[source]
        if (tensor.kind, tensor.zero) != (other.kind, other.zero) or other.constant is not None:
            return False
        self._memory[index] = self._flat(source)
        return True

    def _flat(self, index: int) -> Array:
        if index not in self._memory:
            tensor = self._tensors[index]
            size = prod(tensor.shape)
            flat = np.zeros(size + self._row_sizes[size], np.float32)
            known = constant(tensor)
            if known is not None:
                flat[:size] = known.reshape(-1)
            flat[size:] = tensor.zero
            self._memory[index] = flat
        return self._memory[index]


def is_runnable(tensor: Tensor) -> bool:
    return tensor.kind in (FLOAT32, INT8)
