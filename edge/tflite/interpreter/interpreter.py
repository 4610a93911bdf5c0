"""The interpreter: it prepares a list of steps for a network, and runs them at each inference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.tflite.folding import known_values
from edge.tflite.interpreter import elementwise, layout, resize, windows
from edge.tflite.interpreter.arena import Arena, is_runnable
from edge.tflite.interpreter.arithmetic import LITERT, Arithmetic, Step
from edge.tflite.network import Network, Tensor, read_network
from edge.tflite.node import DTYPES, INT8, KIND_NAMES, UnsupportedError, nodes

Details = dict[str, Any]

BUILDERS: Mapping[str, elementwise.Builder] = {
    "CONV_2D": windows.convolution,
    "DEPTHWISE_CONV_2D": windows.depthwise,
    "TRANSPOSE_CONV": windows.transpose_convolution,
    "FULLY_CONNECTED": windows.fully_connected,
    "MAX_POOL_2D": windows.max_pool,
    "AVERAGE_POOL_2D": windows.average_pool,
    "RESIZE_NEAREST_NEIGHBOR": resize.resize_nearest,
    "RESIZE_BILINEAR": resize.resize_bilinear,
    **elementwise.BUILDERS,
    **layout.BUILDERS,
}
"""By operator: the function that prepares its steps."""


class Interpreter:
    """Has the methods of `ai_edge_litert.interpreter.Interpreter` that edge-sense uses."""

    def __init__(
        self,
        *,
        model_content: bytes,
        num_threads: int = 1,
        arithmetic: Arithmetic = LITERT,
        network: Network | None = None,
    ) -> None:
        """`model_content` has passed `verify`, which returned `network`. `num_threads` is accepted
        and not used."""
        self._network = network or read_network(model_content)
        self._arithmetic = arithmetic
        self._tensors = self._network.tensors
        self._steps: list[Step] = []

    def allocate_tensors(self) -> None:
        """Prepare the inferences; UnsupportedError names the layer of an operator that lacks."""
        self._arena, self._steps = Arena(self._network), []
        values = known_values(self._network)
        for node in nodes(self._network, values):
            if all(at in values for at in node.operator.outputs):
                continue
            if node.operator.name not in BUILDERS:
                raise node.error("is an operator that the runtime numpy does not have: use another")
            for tensor in node.outputs:
                if not is_runnable(tensor):
                    kind = KIND_NAMES[tensor.kind]
                    raise node.error(f"computes {kind}, which the runtime numpy does not")
            self._steps += BUILDERS[node.operator.name](node, self._arena, self._arithmetic)
        for index in (*self._network.inputs, *self._network.outputs):
            if not is_runnable(self._tensors[index]):
                raise UnsupportedError(f"{self._tensors[index].name} is neither int8 nor float32")

    def get_input_details(self) -> list[Details]:
        return [self._details(index) for index in self._network.inputs]

    def get_output_details(self) -> list[Details]:
        return [self._details(index) for index in self._network.outputs]

    def set_tensor(self, index: int, value: NDArray[Any]) -> None:
        values = self._arena.values(index)
        if value.shape != values.shape or value.dtype != self._dtype(index):
            raise ValueError(
                f"tensor {index} takes {values.shape} of {np.dtype(self._dtype(index))}, "
                f"and was given {value.shape} of {value.dtype}"
            )
        np.copyto(values, value)

    def get_tensor(self, index: int) -> NDArray[Any]:
        return self._arena.values(index).astype(self._dtype(index))

    def invoke(self) -> None:
        for step in self._steps:
            step()

    def _dtype(self, index: int) -> Any:
        return DTYPES[self._tensors[index].kind]

    def _details(self, index: int) -> Details:
        tensor = self._tensors[index]
        return {
            "name": tensor.name,
            "index": index,
            "shape": np.array(tensor.shape, np.int32),
            "shape_signature": np.array(tensor.shape, np.int32),
            "dtype": self._dtype(index),
            "quantization": _quantization(tensor),
        }


def _quantization(tensor: Tensor) -> tuple[float, int]:
    return (tensor.scale, tensor.zero) if tensor.kind == INT8 else (0.0, 0)
