"""The engine for .onnx files: onnxruntime on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from edge.bench.engines.base import Array, Engine, TensorSpec


class OnnxEngine(Engine):
    def __init__(
        self, package: Any, content: bytes, threads: int, profile_prefix: str = ""
    ) -> None:
        """`profile_prefix`: where onnxruntime writes its profile; empty for no profile."""
        options = package.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        if profile_prefix:
            options.enable_profiling, options.profile_file_prefix = True, profile_prefix
        providers = ["CPUExecutionProvider"]
        self.session = package.InferenceSession(content, options, providers=providers)
        self.inputs = [_tensor_spec(node) for node in self.session.get_inputs()]
        self.outputs = [_tensor_spec(node) for node in self.session.get_outputs()]
        self._names = [spec.name for spec in self.inputs]

    def run(self, tensors: list[Array]) -> list[Array]:
        named = dict(zip(self._names, tensors))  # noqa: B905 - it would cost time
        outputs: list[Array] = self.session.run(None, named)
        return outputs


def _tensor_spec(node: Any) -> TensorSpec:
    # The type is "tensor(float)", "tensor(int8)", ... An axis of variable length has a name
    # instead of a number.
    kind = node.type[len("tensor(") : -1]
    dtype = np.dtype({"float": "float32", "double": "float64"}.get(kind, kind))
    shape = tuple(n if isinstance(n, int) and n > 0 else 1 for n in node.shape)
    return TensorSpec(node.name, shape, dtype)
