"""Compute tensors of integers that follow from the shapes alone, such as the target of a RESHAPE.

Converters write such computations into networks whose batch size was left open.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.tflite.network import Network
from edge.tflite.node import DTYPES, INT32, INT64, Node, constants, nodes
from edge.tflite.rules.layout import slices

MAX_VALUES = 1 << 12


def known_values(network: Network) -> dict[int, NDArray[Any]]:
    """The tensors of a checked network that are known before it runs, by number."""
    values = constants(network)
    for node in nodes(network, values):
        fold(node, values)
    return values


def fold(node: Node, values: dict[int, NDArray[Any]]) -> None:
    """Add the output of an operator to the known values, if it is known."""
    value = folded(node)
    if value is not None:
        values[node.operator.outputs[0]] = value


def folded(node: Node) -> NDArray[Any] | None:
    """The output of an operator if it is known before the network runs, else None.

    The operator has passed its rule.
    """
    result = node.outputs[0] if node.outputs else None
    if result is None or result.kind not in (INT32, INT64) or len(node.outputs) != 1:
        return None
    name = node.operator.name
    if name == "SHAPE":
        return np.array(node.input(0).shape, DTYPES[result.kind])
    known = [node.values.get(at) for at in node.operator.inputs]
    if any(value is None or value.size > MAX_VALUES for value in known):
        return None
    values = [value for value in known if value is not None]
    if name == "STRIDED_SLICE":
        return np.array(values[0][slices(node)])
    if name == "PACK":
        return np.stack(values, node.option(1))
    if name == "CONCATENATION":
        return np.concatenate(values, node.option(0))
    if name in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "CAST"):
        return values[0].reshape(result.shape).astype(DTYPES[result.kind])
    if name == "GATHER":
        return np.take(values[0], values[1], axis=node.option(0))
    if name in ("ADD", "SUB", "MUL"):
        function = {"ADD": np.add, "SUB": np.subtract, "MUL": np.multiply}[name]
        return np.asarray(function(values[0], values[1]))
    return None
