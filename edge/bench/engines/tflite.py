"""The engine for .tflite files. The TFLite runtimes all have the same interpreter interface."""

from __future__ import annotations

from typing import Any

import numpy as np

from edge.bench.engines.base import Array, Engine, TensorSpec


class TFLiteEngine(Engine):
    def __init__(self, interpreter: Any) -> None:
        interpreter.allocate_tensors()
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        self.inputs, self.outputs = _tensor_specs(inputs), _tensor_specs(outputs)
        self.input_indices = [detail["index"] for detail in inputs]
        self.output_indices = [detail["index"] for detail in outputs]
        self.interpreter = interpreter
        # Bound methods, because an attribute lookup in each run would cost time.
        self._set, self._get = interpreter.set_tensor, interpreter.get_tensor
        self._invoke = interpreter.invoke

    def run(self, tensors: list[Array]) -> list[Array]:
        for index, tensor in zip(self.input_indices, tensors):  # noqa: B905 - it would cost time
            self._set(index, tensor)
        self._invoke()
        return [self._get(index) for index in self.output_indices]


def _tensor_specs(details: list[dict[str, Any]]) -> list[TensorSpec]:
    return [
        TensorSpec(
            detail["name"],
            tuple(int(n) for n in detail["shape"]),
            np.dtype(detail["dtype"]),
            float(detail["quantization"][0]),
            int(detail["quantization"][1]),
        )
        for detail in details
    ]
