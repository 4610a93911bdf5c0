"""TFLite networks with one int8 operator, written without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.tflite import schema
from edge.tflite.flatbuffer_writer import Fields, Scalar, Vector, build_flatbuffer

KINDS = {"float32": 0, "int32": 2, "int64": 4, "int8": 9}


@dataclass
class TensorOf:
    """A tensor of the network; `values` if it is constant."""

    shape: tuple[int, ...]
    scale: float | Sequence[float] = 0.0
    zero: int = 0
    kind: str = "int8"
    values: NDArray[Any] | None = None
    axis: int = 0

    @property
    def single_scale(self) -> float:
        return float(np.asarray(self.scale).reshape(()))


def constant_of(values: NDArray[Any], **quantisation: Any) -> TensorOf:
    return TensorOf(values.shape, kind=values.dtype.name, values=values, **quantisation)


@dataclass
class Operation:
    name: str
    inputs: list[TensorOf]
    outputs: list[TensorOf]
    options_type: int = 0
    options: dict[int, Scalar | Vector] = field(default_factory=dict)
    version: int = 4
    """Of the operator; LiteRT refuses a version that is newer than its own."""


def network(operation: Operation) -> bytes:
    """The network whose inputs are the inputs of the operation that are not constant."""
    tensors = operation.inputs + operation.outputs
    buffers: list[Fields] = [{}]
    entries = []
    for number, tensor in enumerate(tensors):
        buffer = 0
        if tensor.values is not None:
            buffer = len(buffers)
            buffers.append({schema.BUFFER_DATA: Vector("B", tensor.values.tobytes(), 16)})
        entries.append(_tensor(f"tensor{number}", tensor, buffer))
    count = len(operation.inputs)
    free = [at for at in range(count) if tensors[at].values is None]
    results = list(range(count, len(tensors)))
    operator: dict[int, Any] = {
        schema.OPERATOR_CODE: Scalar("I", 0),
        schema.OPERATOR_INPUTS: Vector("i", list(range(count))),
        schema.OPERATOR_OUTPUTS: Vector("i", results),
    }
    if operation.options_type:
        operator[schema.OPERATOR_OPTIONS_TYPE] = Scalar("B", operation.options_type)
        operator[schema.OPERATOR_OPTIONS] = operation.options
    code = schema.OPERATORS.index(operation.name)
    model = {
        schema.MODEL_VERSION: Scalar("I", 3),
        schema.MODEL_CODES: [
            {
                schema.CODE_OLD: Scalar("b", min(code, 127)),
                schema.CODE_VERSION: Scalar("i", operation.version),
                schema.CODE_NEW: Scalar("i", code),
            }
        ],
        schema.MODEL_GRAPHS: [
            {
                schema.GRAPH_TENSORS: entries,
                schema.GRAPH_INPUTS: Vector("i", free),
                schema.GRAPH_OUTPUTS: Vector("i", results),
                schema.GRAPH_OPERATORS: [operator],
            }
        ],
        schema.MODEL_BUFFERS: buffers,
    }
    return build_flatbuffer(model, b"TFL3")


def _tensor(name: str, tensor: TensorOf, buffer: int) -> Fields:
    fields: dict[int, Any] = {
        schema.TENSOR_SHAPE: Vector("i", tensor.shape),
        schema.TENSOR_TYPE: Scalar("b", KINDS[tensor.kind]),
        schema.TENSOR_BUFFER: Scalar("I", buffer),
        schema.TENSOR_NAME: name,
    }
    scales = np.atleast_1d(np.asarray(tensor.scale, np.float32)).tolist()
    if any(scales):
        fields[schema.TENSOR_QUANTIZATION] = {
            schema.QUANTIZATION_SCALE: Vector("f", scales),
            schema.QUANTIZATION_ZERO: Vector("q", [tensor.zero] * len(scales)),
            schema.QUANTIZATION_AXIS: Scalar("i", tensor.axis),
        }
    return fields
