"""Check a TFLite file before a runtime loads it.

Runtimes trust the offsets, sizes and options in a file: a damaged or malicious one could end the
process, or make it read memory of others. Whatever passes this check has offsets inside the file,
constants of the stated size, and operators whose inputs, options and outputs fit together.
"""

from __future__ import annotations

import math
from math import prod

import numpy as np

from edge.errors import ModelError
from edge.text import MAX_VALUE, one_line, printable, shortened
from edge.tflite import schema
from edge.tflite.flatbuffer_reader import DAMAGED_DATA, Table
from edge.tflite.folding import fold
from edge.tflite.network import Network, Operator, Tensor, read_network
from edge.tflite.node import (
    DTYPES,
    INT8,
    UINT8,
    Node,
    UnsupportedError,
    UnsupportedTypeError,
    constants,
    nodes,
)
from edge.tflite.rules import OPTIONAL, OPTIONS_OF, RULES
from edge.tflite.structure import check_structure

MAX_TENSORS, MAX_OPERATORS = 20_000, 10_000
MAX_RANK = 6
MAX_VALUES = 1 << 24  # of one tensor
MAX_ALL_VALUES = 1 << 27  # of all tensors; a small computer can run far fewer
MAX_MACS = 1 << 36  # multiplications of one inference; a Pi needs a minute for as many
MIN_SCALE, MAX_SCALE = 2.0**-60, 2.0**20  # of a quantisation; real ones are near 0.01
VERSION = 3  # of the file format


def verify(data: bytes, name: str, any_operator: bool = False) -> Network:
    """The network in a TFLite file; ModelError says why a runtime must not load it.

    `any_operator`: accept operators and types without a rule, constants of any size, and any sum of
    sizes. A runtime may fail on them, so this is for a process that may end.
    """
    try:
        if data[4:8] != b"TFL3":
            raise ModelError(f"{name} is not a TFLite model: give a .tflite file")
        check_structure(data, any_operator)
        model = Table.root(data)
        network = read_network(data, name)
        _check_model(model, any_operator)
        _check_tensors(network, len(model.tables(schema.MODEL_BUFFERS)), any_operator)
        _check_operators(network, any_operator)
    except ModelError:
        raise
    except UnsupportedError as error:
        raise ModelError(one_line(f"{name} cannot be run here: {error}")) from None
    except (*DAMAGED_DATA, OverflowError, ZeroDivisionError, TypeError) as error:
        reason = one_line(f"{name} is damaged: copy or train it again ({error})")
        raise ModelError(reason) from None
    return network


def _check_model(model: Table, any_operator: bool) -> None:
    version = model.scalar(schema.MODEL_VERSION, "I")
    if version != VERSION:
        raise UnsupportedError(f"its format has version {version}, not {VERSION}")
    graphs = model.tables(schema.MODEL_GRAPHS)
    if len(graphs) != 1 and not (graphs and any_operator):
        raise UnsupportedError(f"it has {len(graphs)} graphs, and only one is supported")
    buffers = len(model.tables(schema.MODEL_BUFFERS))
    for metadata in model.tables(schema.MODEL_METADATA):
        if metadata.scalar(1, "I") >= buffers:
            raise ValueError("its metadata are in a buffer that does not exist")
    tensors = len(graphs[0].tables(schema.GRAPH_TENSORS))
    for signature in model.tables(schema.MODEL_SIGNATURES):
        maps = signature.tables(0) + signature.tables(1)
        if signature.scalar(4, "I") >= len(graphs) or any(
            entry.scalar(1, "I") >= tensors for entry in maps
        ):
            raise ValueError("its signature names a tensor that does not exist")
    if any_operator:
        return
    for table in graphs[0].tables(schema.GRAPH_TENSORS):
        if table.scalar(schema.TENSOR_VARIABLE, "B"):
            raise UnsupportedError(
                "it keeps a state inside: export it with the state as inputs and outputs"
            )
    for table in graphs[0].tables(schema.GRAPH_OPERATORS):
        if table.numbers(8, "i") or table.numbers(7, "b") or table.numbers(5, "B"):
            raise UnsupportedError("it has a custom operator, or one that keeps a state inside")


def _check_tensors(network: Network, buffers: int, any_size: bool) -> None:
    if len(network.tensors) > MAX_TENSORS or len(network.operators) > MAX_OPERATORS:
        raise UnsupportedError("it has too many tensors or operators for a small computer")
    total = 0
    for tensor in network.tensors:
        total += _checked_size(tensor, any_size)
        if tensor.buffer >= buffers:
            raise ValueError(f"tensor {_name(tensor)} is in a buffer that does not exist")
        _check_quantisation(tensor)
    if total > MAX_ALL_VALUES and not any_size or network.macs > MAX_MACS:
        raise UnsupportedError("it is too large for a small computer: train a smaller one")


def _checked_size(tensor: Tensor, any_size: bool) -> int:
    """The number of values of a tensor."""
    if tensor.kind not in DTYPES:
        raise UnsupportedError(f"tensor {_name(tensor)} has the unsupported type {tensor.kind}")
    if len(tensor.shape) > MAX_RANK or any(size < 1 for size in tensor.shape):
        raise UnsupportedError(f"tensor {_name(tensor)} has the shape {tensor.shape[:9]}")
    size = prod(tensor.shape)
    stored = tensor.constant
    if size > MAX_VALUES and (stored is None or not any_size):
        raise UnsupportedError(f"tensor {_name(tensor)} has {size} values, too many")
    if stored is not None and stored.nbytes != size * _bytes_of(tensor):
        raise ValueError(
            f"tensor {_name(tensor)} has {size} values, and its buffer {stored.nbytes} bytes"
        )
    return size


def _check_quantisation(tensor: Tensor) -> None:
    scales, zeros = tensor.scales, tensor.zeros
    if not all(MIN_SCALE < scale < MAX_SCALE for scale in scales):
        raise ValueError(f"tensor {_name(tensor)} has an impossible quantisation scale")
    if len(zeros) not in (0, 1, len(scales)):
        raise ValueError(f"tensor {_name(tensor)} has {len(zeros)} zero points")
    if any(not -(1 << 15) <= zero < 1 << 15 for zero in zeros):
        raise ValueError(f"tensor {_name(tensor)} has an impossible zero point")
    if len(scales) > 1 and (
        not 0 <= tensor.axis < len(tensor.shape) or tensor.shape[tensor.axis] != len(scales)
    ):
        raise ValueError(f"tensor {_name(tensor)} has {len(scales)} quantisation scales")
    if tensor.kind in (INT8, UINT8):
        limits = np.iinfo(DTYPES[tensor.kind])
        if any(not limits.min <= zero <= limits.max for zero in zeros):
            raise ValueError(f"tensor {_name(tensor)} has an impossible zero point")


def _check_operators(network: Network, any_operator: bool) -> None:
    values = constants(network)
    ready = set(values) | set(network.inputs)
    if len(set(network.inputs)) < len(network.inputs) or set(network.inputs) & set(values):
        raise ValueError("an input of the network is stated twice, or is constant")
    for node in nodes(network, values):
        operator = node.operator
        if any(at >= 0 and at not in ready for at in operator.inputs):
            raise node.error("reads a tensor before it is computed")
        if ready & set(operator.outputs) or len(set(operator.outputs)) < len(operator.outputs):
            raise node.error("writes a tensor that has a value already")
        ready |= set(operator.outputs)
        if operator.name not in RULES and any_operator:
            continue
        try:
            _check_operator(node, operator)
        except UnsupportedTypeError:
            if any_operator:
                continue
            raise
        fold(node, values)
    if not set(network.outputs) <= ready:
        raise ValueError("an output of the network is not computed")


def _check_operator(node: Node, operator: Operator) -> None:
    if operator.name not in RULES:
        raise node.error("is not supported: train it with ordinary layers")
    rule, inputs = RULES[operator.name]
    if len(operator.inputs) not in inputs or not operator.outputs:
        raise node.error(f"has {len(operator.inputs)} inputs")
    wanted = OPTIONS_OF.get(operator.name, operator.options_type)
    if operator.options is None and operator.name not in OPTIONAL and wanted:
        raise node.error("has no options")
    if operator.options is not None and operator.options_type != wanted:
        raise node.error("has the options of another operator")
    for tensor in [*node.inputs, *node.outputs]:
        if tensor is not None and tensor.kind == INT8 and tensor.constant is None:
            _check_levels(node, tensor)
    shapes = rule(node)
    stated = [tensor.shape for tensor in node.outputs]
    if shapes != stated:
        raise node.error(f"computes {_text(shapes)}, and the file states {_text(stated)}")


def _check_levels(node: Node, tensor: Tensor) -> None:
    if len(tensor.scales) != 1 or not math.isfinite(tensor.scale):
        raise node.error(f"has the int8 tensor {_name(tensor)} without one quantisation scale")


def _bytes_of(tensor: Tensor) -> int:
    return int(DTYPES[tensor.kind]().itemsize)


def _text(shapes: list[tuple[int, ...]]) -> str:
    return shortened(" ".join(map(str, shapes)), MAX_VALUE)


def _name(tensor: Tensor) -> str:
    return repr(printable(shortened(tensor.name, MAX_VALUE)))
