"""Operators and multiplications of an ONNX file. Needs the onnx package."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any

from edge.errors import ModelError
from edge.text import MAX_VALUE, one_line, printable, shortened


def describe_onnx(content: bytes, name: str) -> dict[str, Any] | None:
    """`operators` and `macs` for a batch of one; None if the onnx package is not installed.

    `name` stands for the file in error messages.
    """
    try:
        import onnx
        from onnx import shape_inference
    except ImportError:
        return None
    try:
        return _describe(onnx.load_model_from_string(content), shape_inference)
    except Exception as error:  # protobuf and onnx have exceptions of their own for damaged files
        reason = one_line(" ".join(str(error).split())) or type(error).__name__
        raise ModelError(f"{name} is damaged: copy or export it again ({reason})") from None


def _describe(model: Any, shape_inference: Any) -> dict[str, Any]:
    for value in model.graph.input:
        for axis in value.type.tensor_type.shape.dim:
            if not axis.dim_value:
                axis.dim_value = 1
    graph = shape_inference.infer_shapes(model).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        axes = value.type.tensor_type.shape.dim
        shapes[value.name] = tuple(axis.dim_value or 1 for axis in axes)
    kinds = (printable(shortened(node.op_type, MAX_VALUE)) for node in graph.node)
    return {
        "operators": dict(Counter(kinds)),
        "macs": sum(_macs(node, shapes) for node in graph.node),
    }


def _macs(node: Any, shapes: dict[str, tuple[int, ...]]) -> int:
    inputs = [shapes.get(name, ()) for name in node.input]
    output_size = prod(shapes.get(node.output[0], ()))
    kind = node.op_type
    if kind in ("Conv", "ConvInteger"):
        return output_size * prod(inputs[1][1:])
    if kind == "QLinearConv":
        return output_size * prod(inputs[3][1:])
    if kind in ("MatMul", "MatMulInteger", "QLinearMatMul"):
        return output_size * (inputs[0][-1] if inputs[0] else 0)
    if kind == "Gemm":
        transposed = any(a.name == "transA" and a.i for a in node.attribute)
        return output_size * inputs[0][0 if transposed else -1]
    if kind == "ConvTranspose":
        return prod(inputs[0]) * prod(inputs[1][1:])
    return 0
