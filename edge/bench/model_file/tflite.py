"""What is in a TFLite file: its operators, the shapes between them, the multiplications they do."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from math import prod
from typing import Any

from edge.bench.model_file.flatbuffer import TROUBLE, Table
from edge.bench.model_file.operators import OPERATORS
from edge.errors import ModelError

# Fields of the records, by their number in TensorFlow's schema.fbs.
MODEL_CODES, MODEL_GRAPHS = 1, 2
CODE_OLD, CODE_CUSTOM, CODE_NEW = 0, 1, 3
GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPERATORS = 0, 1, 2, 3
TENSOR_SHAPE, TENSOR_TYPE, TENSOR_NAME, TENSOR_QUANTIZATION = 0, 1, 3, 4
QUANTIZATION_SCALE, QUANTIZATION_ZERO = 2, 3
OPERATOR_CODE, OPERATOR_INPUTS, OPERATOR_OUTPUTS, OPERATOR_OPTIONS = 0, 1, 2, 4
MATMUL_ADJOINT_X = 0

# Operators with inner loops of their own, whose multiplications are not in their shapes alone.
UNCOUNTED = {
    *("LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF", "RNN"),
    *("BIDIRECTIONAL_SEQUENCE_RNN", "UNIDIRECTIONAL_SEQUENCE_RNN", "CONV_3D_TRANSPOSE"),
    *("WHILE", "IF", "CALL", "DELEGATE", "STABLEHLO_DOT_GENERAL", "STABLEHLO_CONVOLUTION"),
}


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    kind: int
    """TensorType of the schema: 9 is int8, 0 float32."""
    scale: float = 0.0
    """Of a tensor that is quantised as a whole; 0 else."""
    zero: int = 0


@dataclass(frozen=True)
class Operator:
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    macs: int | None
    """Multiplications that are added up, at each run; None where the shapes do not tell."""


@dataclass(frozen=True)
class Network:
    tensors: list[Tensor]
    operators: list[Operator]
    inputs: list[int]
    outputs: list[int]
    places: tuple[int, int] = field(repr=False)
    """Where the file has the number of its operators, and the offset of its outputs."""

    @property
    def macs(self) -> int:
        return sum(operator.macs or 0 for operator in self.operators)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each operator."""
        return dict(Counter(operator.name for operator in self.operators))

    @property
    def uncounted(self) -> list[str]:
        """Operators that `macs` leaves out."""
        return sorted({operator.name for operator in self.operators if operator.macs is None})


def read_network(data: bytes, name: str = "it") -> Network:
    """The main graph of a TFLite file."""
    if data[4:8] != b"TFL3":
        raise ModelError(f"{name} is no TFLite model: give a .tflite or an .onnx file")
    try:
        return _network(Table.root(data))
    except TROUBLE as error:
        raise ModelError(f"{name} is damaged: copy or train it again ({error})") from None


def truncated(data: bytes, network: Network, count: int) -> bytes:
    """The model up to its operator number `count`, whose output becomes the model's."""
    operators, outputs = network.places
    shorter = bytearray(data)
    struct.pack_into("<I", shorter, operators, count)
    # A new list at the end: the old one may be another's as well, where files share what is alike.
    shorter += bytes(-len(shorter) % 4)
    struct.pack_into("<I", shorter, outputs, len(shorter) - outputs)
    shorter += struct.pack("<Ii", 1, network.operators[count - 1].outputs[0])
    return bytes(shorter)


def _network(model: Table) -> Network:
    codes = [_name(code) for code in model.tables(MODEL_CODES)]
    graph = model.tables(MODEL_GRAPHS)[0]
    tensors = [_tensor(tensor) for tensor in graph.tables(GRAPH_TENSORS)]
    operators = []
    for found in graph.tables(GRAPH_OPERATORS):
        name = codes[found.scalar(OPERATOR_CODE, "I")]
        inputs = tuple(found.numbers(OPERATOR_INPUTS, "i"))
        outputs = tuple(found.numbers(OPERATOR_OUTPUTS, "i"))
        # An input that is left out has the number -1.
        given = [tensors[at].shape if at >= 0 else () for at in inputs]
        results = [tensors[at].shape for at in outputs]
        macs = _macs(name, given, results, found.table(OPERATOR_OPTIONS))
        operators.append(Operator(name, inputs, outputs, macs))
    return Network(
        tensors,
        operators,
        graph.numbers(GRAPH_INPUTS, "i"),
        graph.numbers(GRAPH_OUTPUTS, "i"),
        (graph.place(GRAPH_OPERATORS)[1], graph.place(GRAPH_OUTPUTS)[0]),
    )


def _name(code: Table) -> str:
    # The code outgrew its first field, which was a byte; older files have only that.
    number = max(code.scalar(CODE_OLD, "b"), code.scalar(CODE_NEW, "i"))
    name = OPERATORS[number] if 0 <= number < len(OPERATORS) else f"operator {number}"
    return code.text(CODE_CUSTOM) or name if name == "CUSTOM" else name


def _tensor(found: Table) -> Tensor:
    shape = tuple(found.numbers(TENSOR_SHAPE, "i"))
    kind = found.scalar(TENSOR_TYPE, "b")
    quantization = found.table(TENSOR_QUANTIZATION)
    scales = quantization.numbers(QUANTIZATION_SCALE, "f") if quantization else []
    zeros = quantization.numbers(QUANTIZATION_ZERO, "q") if quantization else []
    whole = len(scales) == 1
    scale, zero = (scales[0], zeros[0] if zeros else 0) if whole else (0.0, 0)
    return Tensor(found.text(TENSOR_NAME), shape, kind, scale, zero)


def _macs(
    name: str, given: list[tuple[int, ...]], results: list[tuple[int, ...]], options: Table | Any
) -> int | None:
    if name in UNCOUNTED or name not in OPERATORS:
        return None
    if name in ("CONV_2D", "CONV_3D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        weights = given[1]
        # Behind the output channel; the last is that channel for depthwise and 3D kernels.
        inner = weights[:-1] if name == "CONV_3D" else weights[1:]
        if name == "DEPTHWISE_CONV_2D":
            inner = weights[1:-1]
        return prod(results[0]) * prod(inner)
    if name == "TRANSPOSE_CONV":
        return prod(given[2]) * prod(given[1][:-1])
    if name == "BATCH_MATMUL":
        adjoint = bool(options.scalar(MATMUL_ADJOINT_X, "b")) if options else False
        return prod(results[0]) * given[0][-2 if adjoint else -1]
    return 0
