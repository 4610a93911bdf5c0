"""An ONNX graph as a TensorFlow function.

ONNX has the channels before the positions (N, C, H, W), TensorFlow and TFLite have them last. A
value here knows which of both it is, so that a chain of convolutions has no transposition. The
packages that convert ONNX to TensorFlow pin a TensorFlow of their own (onnx2tf 1.29: 2.19, with
NumPy 1.26), which this project's Python 3.13 and NumPy 2 do not allow, so the operators of
convolutional networks are written out here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from onnx import numpy_helper

from edge.errors import ModelError
from edge.text import one_line

MAX_NAMED = 5  # operators in a message
# A network that begins with one of these has its channels last in TFLite.
IMAGE_OPERATORS = {
    *("Conv", "ConvTranspose", "BatchNormalization", "MaxPool", "AveragePool", "Pad"),
    *("Resize", "Upsample"),
}


@dataclass(frozen=True)
class Value:
    """A tensor of the graph."""

    tensor: Any
    """A NumPy array if it is constant."""
    channels_last: bool = False
    """Whether its second axis (in ONNX) is stored last."""

    @property
    def is_constant(self) -> bool:
        return isinstance(self.tensor, np.ndarray)

    @property
    def rank(self) -> int:
        return len(self.tensor.shape)

    def plain(self) -> Any:
        """The tensor with the axes of ONNX."""
        if not self.channels_last:
            return self.tensor
        order = [0, self.rank - 1, *range(1, self.rank - 1)]
        return _transposed(self.tensor, order)

    def last(self) -> Any:
        """The tensor with the channels last."""
        if self.channels_last:
            return self.tensor
        return _transposed(self.tensor, [0, *range(2, self.rank), 1])


def axis_with_channels_last(axis: int, rank: int) -> int:
    """Where an axis of ONNX is in a tensor of this rank whose channels are last."""
    if axis == 0:
        return 0
    return rank - 1 if axis == 1 else axis - 1


def _transposed(tensor: Any, order: list[int]) -> Any:
    if isinstance(tensor, np.ndarray):
        return tensor.transpose(order)
    sizes = tensor.shape.as_list()
    moved = [axis for axis in order if sizes[axis] != 1]
    if moved == sorted(moved):  # only axes of size 1 move: no data does
        return tf.reshape(tensor, [sizes[axis] for axis in order])
    return tf.transpose(tensor, order)


@dataclass(frozen=True)
class OnnxNetwork:
    """`compute` takes a tensor (1, *shape); the channels of an image or a signal are last."""

    shape: tuple[int, ...]
    compute: Callable[[Any], Any]


def read_onnx(path: Path) -> OnnxNetwork:
    """ModelError if the file is no network of one input and one output with known operators."""
    from edge.convert.onnx_operators import OPERATORS

    try:
        model = onnx.load(str(path))
        model = onnx.shape_inference.infer_shapes(model)
    except Exception as error:  # of several packages
        raise ModelError(f"{path} cannot be read as ONNX: {one_line(str(error))[:200]}") from None
    graph = model.graph
    constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    inputs = [item for item in graph.input if item.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise ModelError(
            f"{path} has {len(inputs)} inputs and {len(graph.output)} outputs: export a network "
            "with one of each"
        )
    unknown = sorted({node.op_type for node in graph.node} - OPERATORS.keys())
    if unknown:
        raise ModelError(
            f"{path} has operators that are not known here: {', '.join(unknown[:MAX_NAMED])}; "
            "convert it with onnx2tf in an environment of its own, then give the SavedModel"
        )
    name = inputs[0].name
    shape = _shape(inputs[0], path)
    consumers = {node.op_type for node in graph.node if name in node.input}
    last = len(shape) > 1 and bool(consumers & IMAGE_OPERATORS)

    def compute(tensor: Any) -> Any:
        values = {key: Value(array) for key, array in constants.items()}
        values[name] = Value(tensor, last)
        values[""] = Value(np.empty(0))
        for node in graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            given = [values[key] for key in node.input]
            try:
                results = OPERATORS[node.op_type](given, attributes)
            except ModelError:
                raise
            except Exception as error:
                raise ModelError(
                    f"{path}: the operator {node.op_type} ({node.name or node.output[0]}) cannot "
                    f"be converted: {one_line(str(error))[:200]}"
                ) from None
            values |= zip(node.output, results, strict=False)
        output = values[graph.output[0].name]
        # A waveform keeps its channels last, as a model file has them.
        return output.last() if output.rank == 3 else output.plain()

    return OnnxNetwork((*shape[1:], shape[0]) if last else shape, compute)


def _shape(value: Any, path: Path) -> tuple[int, ...]:
    """Without the batch axis."""
    sizes = [dim.dim_value for dim in value.type.tensor_type.shape.dim][1:]
    if not sizes or min(sizes) < 1:
        raise ModelError(
            f"{path} has an input whose size is not fixed: export it with a fixed size (only the "
            "batch may vary)"
        )
    return tuple(sizes)
