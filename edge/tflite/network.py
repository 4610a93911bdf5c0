"""The contents of a TFLite file: operators, tensor shapes and multiplications."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from math import prod

from edge.errors import ModelError
from edge.text import MAX_VALUE, printable, shortened
from edge.tflite import schema
from edge.tflite.flatbuffer_reader import DAMAGED_DATA, Table

# Operators that contain loops, so that their multiplications do not follow from the shapes.
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
    """TensorType of the schema: 9 is int8, 0 is float32."""
    scale: float = 0.0
    """Quantisation scale if the tensor has a single one, else 0."""
    zero: int = 0
    scales: tuple[float, ...] = ()
    """Quantisation scales: none, one, or one for each element of axis `axis`."""
    zeros: tuple[int, ...] = ()
    axis: int = 0
    buffer: int = 0
    """Number of its buffer in the file."""
    constant: memoryview | None = field(default=None, repr=False)
    """The values that the file states; None if they are computed."""
    dynamic: bool = False
    """Whether an axis has no fixed length, so that `shape` is only an example."""


@dataclass(frozen=True)
class Operator:
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    macs: int | None
    """Multiply-accumulate operations in one inference; None if the shapes do not determine them."""
    options: Table | None = field(default=None, repr=False)
    options_type: int = 0
    """BuiltinOptions of the schema."""


@dataclass(frozen=True)
class Network:
    tensors: list[Tensor]
    operators: list[Operator]
    inputs: list[int]
    outputs: list[int]
    positions: tuple[int, int] = field(repr=False)
    """Positions in the file of the operator count, and of the offset of the output list."""

    @property
    def macs(self) -> int:
        return sum(operator.macs or 0 for operator in self.operators)

    @property
    def counts(self) -> dict[str, int]:
        """How often each operator occurs."""
        return dict(Counter(operator.name for operator in self.operators))

    @property
    def uncounted(self) -> list[str]:
        """Operators whose multiplications are missing in `macs`."""
        return sorted({operator.name for operator in self.operators if operator.macs is None})


def read_network(data: bytes, name: str = "the file") -> Network:
    """The main graph of a TFLite file. `name` stands for the file in error messages."""
    if data[4:8] != b"TFL3":
        raise ModelError(f"{name} is not a TFLite model: give a .tflite or an .onnx file")
    try:
        return _network(Table.root(data))
    except DAMAGED_DATA as error:
        raise ModelError(f"{name} is damaged: copy or train it again ({error})") from None


def truncate(data: bytes, network: Network, count: int) -> bytes:
    """The model with only its first `count` operators. The output of the last is the output."""
    operators, outputs = network.positions
    shorter = bytearray(data)
    struct.pack_into("<I", shorter, operators, count)
    # Append a new list of outputs. The old list must stay, because FlatBuffers share equal data and
    # another field may refer to it.
    shorter += bytes(-len(shorter) % 4)
    struct.pack_into("<I", shorter, outputs, len(shorter) - outputs)
    shorter += struct.pack("<Ii", 1, network.operators[count - 1].outputs[0])
    return bytes(shorter)


def _network(model: Table) -> Network:
    codes = [_operator_name(code) for code in model.tables(schema.MODEL_CODES)]
    graph = model.tables(schema.MODEL_GRAPHS)[0]
    constants = [_content(table) for table in model.tables(schema.MODEL_BUFFERS)]
    tensors = [_tensor(table, constants) for table in graph.tables(schema.GRAPH_TENSORS)]
    operators = []
    for table in graph.tables(schema.GRAPH_OPERATORS):
        name = codes[table.scalar(schema.OPERATOR_CODE, "I")]
        inputs = tuple(table.numbers(schema.OPERATOR_INPUTS, "i"))
        outputs = tuple(table.numbers(schema.OPERATOR_OUTPUTS, "i"))
        # An optional input that is absent has the number -1.
        if (
            not all(-1 <= at < len(tensors) for at in inputs)
            or not outputs
            or not all(0 <= at < len(tensors) for at in outputs)
        ):
            raise ValueError(f"{name} has no output, or a tensor that does not exist")
        input_shapes = [tensors[at].shape if at >= 0 else () for at in inputs]
        output_shapes = [tensors[at].shape for at in outputs]
        options = table.table(schema.OPERATOR_OPTIONS)
        macs = _macs(name, input_shapes, output_shapes, options)
        kind = table.scalar(schema.OPERATOR_OPTIONS_TYPE, "B")
        operators.append(Operator(name, inputs, outputs, macs, options, kind))
    graph_inputs = graph.numbers(schema.GRAPH_INPUTS, "i")
    graph_outputs = graph.numbers(schema.GRAPH_OUTPUTS, "i")
    numbers = set(graph_inputs + graph_outputs)
    if not graph_inputs or not graph_outputs or not numbers <= set(range(len(tensors))):
        raise ValueError("its inputs and outputs are not among its tensors")
    return Network(
        tensors,
        operators,
        graph_inputs,
        graph_outputs,
        (graph.position(schema.GRAPH_OPERATORS)[1], graph.position(schema.GRAPH_OUTPUTS)[0]),
    )


def _operator_name(code: Table) -> str:
    # The first field is a byte, which became too small. Older files have only this field.
    number = max(code.scalar(schema.CODE_OLD, "b"), code.scalar(schema.CODE_NEW, "i"))
    name = schema.OPERATORS[number] if 0 <= number < len(schema.OPERATORS) else f"operator {number}"
    custom = printable(shortened(code.text(schema.CODE_CUSTOM), MAX_VALUE))
    return custom or name if name == "CUSTOM" else name


def _content(buffer: Table) -> memoryview | None:
    start, size = buffer.vector(schema.BUFFER_DATA, 1)
    return memoryview(buffer.data)[start : start + size] if size else None


def _tensor(table: Table, constants: list[memoryview | None]) -> Tensor:
    buffer = table.scalar(schema.TENSOR_BUFFER, "I")
    quantization = table.table(schema.TENSOR_QUANTIZATION)
    scales: tuple[float, ...] = ()
    zeros: tuple[int, ...] = ()
    axis = 0
    if quantization:
        scales = tuple(quantization.numbers(schema.QUANTIZATION_SCALE, "f"))
        zeros = tuple(quantization.numbers(schema.QUANTIZATION_ZERO, "q"))
        axis = quantization.scalar(schema.QUANTIZATION_AXIS, "i")
    per_tensor = len(scales) == 1  # else per channel, or none
    return Tensor(
        name=table.text(schema.TENSOR_NAME),
        shape=tuple(table.numbers(schema.TENSOR_SHAPE, "i")),
        kind=table.scalar(schema.TENSOR_TYPE, "b"),
        scale=scales[0] if per_tensor else 0.0,
        zero=zeros[0] if per_tensor and zeros else 0,
        scales=scales,
        zeros=zeros,
        axis=axis,
        buffer=buffer,
        # A buffer number that does not exist is an error of the file, which `verify` reports.
        constant=constants[buffer] if buffer < len(constants) else None,
        dynamic=-1 in table.numbers(schema.TENSOR_SIGNATURE, "i"),
    )


def _macs(
    name: str,
    inputs: list[tuple[int, ...]],
    outputs: list[tuple[int, ...]],
    options: Table | None,
) -> int | None:
    if name in UNCOUNTED or name not in schema.OPERATORS:
        return None
    if name in ("CONV_2D", "CONV_3D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        weights = inputs[1]
        # The multiplications of one output value: all axes but that of the output channels. It is
        # the first axis, but the last one of depthwise and 3D kernels.
        inner = weights[:-1] if name == "CONV_3D" else weights[1:]
        if name == "DEPTHWISE_CONV_2D":
            inner = weights[1:-1]
        return prod(outputs[0]) * prod(inner)
    if name == "TRANSPOSE_CONV":
        return prod(inputs[2]) * prod(inputs[1][:-1])
    if name == "BATCH_MATMUL":
        adjoint = bool(options.scalar(schema.MATMUL_ADJOINT_X, "b")) if options else False
        return prod(outputs[0]) * inputs[0][-2 if adjoint else -1]
    return 0
