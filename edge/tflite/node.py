"""One operator of a network, with its tensors and options: what the checks and the interpreter
work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.text import MAX_VALUE, printable, shortened
from edge.tflite.network import Network, Operator, Tensor

FLOAT32, INT32, UINT8, INT64, BOOL, INT16, INT8 = 0, 2, 3, 4, 6, 7, 9
DTYPES: Mapping[int, Any] = {
    FLOAT32: np.float32,
    1: np.float16,
    INT32: np.int32,
    UINT8: np.uint8,
    INT64: np.int64,
    BOOL: np.bool_,
    INT16: np.int16,
    INT8: np.int8,
    10: np.float64,
    12: np.uint64,
    15: np.uint32,
    16: np.uint16,
}
"""NumPy types by TensorType of the schema."""
KIND_NAMES = {kind: np.dtype(dtype).name for kind, dtype in DTYPES.items()}


class UnsupportedError(ValueError):
    """A network cannot be run; the message names the layer."""


class UnsupportedTypeError(UnsupportedError):
    """An operator is known, but not with values of this type."""


@dataclass(frozen=True)
class Node:
    operator: Operator
    inputs: list[Tensor | None]
    outputs: list[Tensor]
    values: Mapping[int, NDArray[Any]]
    """The tensors that are known before the network runs, by number."""

    @property
    def layer(self) -> str:
        name = self.outputs[0].name if self.outputs else ""
        return f"{self.operator.name} of layer {printable(shortened(name, MAX_VALUE))!r}"

    def input(self, number: int) -> Tensor:
        tensor = self.inputs[number] if number < len(self.inputs) else None
        if tensor is None:
            raise self.error(f"has no input {number}")
        return tensor

    def optional(self, number: int) -> Tensor | None:
        return self.inputs[number] if number < len(self.inputs) else None

    def value(self, number: int) -> NDArray[Any]:
        """The values of an input that must be known, such as an axis."""
        self.input(number)
        index = self.operator.inputs[number]
        if index not in self.values:
            raise self.error(f"has an input {number} that is not constant: use fixed shapes")
        return self.values[index]

    def integers(self, number: int) -> list[int]:
        """The values of an integer input that must be known."""
        values = self.value(number)
        if values.dtype.kind != "i" or values.ndim > 1 or values.size > 64:
            raise self.error(f"has an input {number} that is not a list of integers")
        return [int(value) for value in values.reshape(-1)]

    def integers_of_pairs(self, number: int) -> list[tuple[int, int]]:
        values = self.value(number)
        if values.dtype.kind != "i" or values.ndim != 2 or values.shape[1] != 2:
            raise self.error(f"has an input {number} that is not a list of pairs")
        return [(int(before), int(after)) for before, after in values[:64]]

    def option(self, field: int, kind: str = "i", default: Any = 0) -> Any:
        options = self.operator.options
        return default if options is None else options.scalar(field, kind, default)

    def error(self, problem: str) -> UnsupportedError:
        return UnsupportedError(f"{self.layer} {problem}")

    def type_error(self, problem: str) -> UnsupportedTypeError:
        return UnsupportedTypeError(f"{self.layer} {problem}")


def nodes(network: Network, values: Mapping[int, NDArray[Any]]) -> list[Node]:
    tensors = network.tensors
    return [
        Node(
            operator,
            [tensors[at] if at >= 0 else None for at in operator.inputs],
            [tensors[at] for at in operator.outputs],
            values,
        )
        for operator in network.operators
    ]


def constant(tensor: Tensor) -> NDArray[Any] | None:
    """The values of a constant tensor; None if it is computed. Its size must have been checked."""
    if tensor.constant is None or tensor.kind not in DTYPES:
        return None
    return np.frombuffer(tensor.constant, DTYPES[tensor.kind]).reshape(tensor.shape)


def constants(network: Network) -> dict[int, NDArray[Any]]:
    """The constant tensors, by number."""
    found = {number: constant(tensor) for number, tensor in enumerate(network.tensors)}
    return {number: values for number, values in found.items() if values is not None}
