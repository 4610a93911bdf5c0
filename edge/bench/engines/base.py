"""The interface of an inference engine: a runtime with a model loaded into it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class TensorSpec:
    """Shape and type of one input or output."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float = 0.0
    """Quantisation scale; 0 if the tensor is not quantised or the file does not state it."""
    zero: int = 0
    """Zero point of the quantisation."""


class Engine(ABC):
    inputs: list[TensorSpec]
    outputs: list[TensorSpec]

    @abstractmethod
    def run(self, tensors: list[Array]) -> list[Array]:
        """Run one inference with only the calls that every program has to make."""
