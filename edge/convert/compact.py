"""Remove from a .tflite file what no runtime needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
from numpy.typing import NDArray
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

LARGEST_SHARED = 1024  # bytes; larger arrays are not compared with those written before


def remove_unused(tflite: bytes, inputs: Sequence[str] = ()) -> bytes:
    """The same model without names of tensors, calibrated ranges, empty buffers and metadata.

    Its inputs get the order of `inputs` and its outputs the order of the network's, if `inputs` are
    given.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(tflite))
    (graph,) = model.subgraphs
    # serving_default_state_3:0 is the input called state_3, StatefulPartitionedCall_1:4 output 4.
    names = [(tensor.name or b"").decode() for tensor in graph.tensors]
    in_order = [f"serving_default_{name}:0" for name in inputs]
    if in_order:
        graph.inputs = sorted(graph.inputs, key=lambda index: in_order.index(names[index]))
        graph.outputs = sorted(
            graph.outputs, key=lambda index: int(names[index].rpartition(":")[2])
        )
    for tensor in graph.tensors:
        tensor.name = None
        if tensor.quantization is not None:
            tensor.quantization.min = tensor.quantization.max = None
        if not _has_data(model.buffers[tensor.buffer]):
            tensor.buffer = 0  # this buffer is empty by convention
    used = sorted({0, *(tensor.buffer for tensor in graph.tensors)})
    model.buffers = [model.buffers[number] for number in used]
    for tensor in graph.tensors:
        tensor.buffer = used.index(tensor.buffer)
    model.metadata = model.signatureDefs = None
    model.description = b""
    builder = _SharingBuilder(len(tflite))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _has_data(buffer: schema.BufferT) -> bool:
    return buffer.data is not None and len(buffer.data) > 0


class _SharingBuilder(flatbuffers.Builder):
    """Writes equal arrays once: the zero points of all channels alone are a sixth of a file."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, array: NDArray[Any]) -> int:  # noqa: N802, the library's name
        if array.nbytes > LARGEST_SHARED:  # weights: alignment matters more than a rare match
            return int(super().CreateNumpyVector(array))
        key = array.dtype.str, array.tobytes()
        if key not in self._written:
            self._written[key] = int(super().CreateNumpyVector(array))
        return self._written[key]
