"""Small ONNX files as PyTorch exports them, with the channels before the positions."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(0)


def weights(name, *shape):
    return numpy_helper.from_array(RNG.normal(size=shape).astype(np.float32) / 3, name)


def numbers(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def write(path, nodes, shape, initializers=(), opset=13, inputs=("x",), outputs=("y",)):
    """`nodes`: operator, inputs, outputs and attributes of each."""
    made = [
        helper.make_node(kind, given.split(), output.split(), **attributes)
        for kind, given, output, attributes in nodes
    ]
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        made,
        "g",
        [helper.make_tensor_value_info(name, kind, ["n", *shape]) for name in inputs],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        list(initializers),
    )
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))
    return path
