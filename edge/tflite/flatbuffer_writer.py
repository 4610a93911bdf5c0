"""Write small FlatBuffers from front to back: each table, followed by the data it refers to."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scalar:
    kind: str
    """The format character of `struct`."""
    value: Any


@dataclass(frozen=True)
class Vector:
    kind: str
    values: Sequence[Any]
    align: int = 4


Fields = Mapping[int, Any]
"""By field number: Scalar, Vector, str, Fields (a table) or a list of Fields."""


def build_flatbuffer(root: Fields, identifier: bytes) -> bytes:
    out = bytearray(4) + identifier
    struct.pack_into("<I", out, 0, _append_table(out, root))
    return bytes(out)


def _append_table(out: bytearray, fields: Fields) -> int:
    """Append a table and the data it refers to. Return the position of the table."""
    field_offsets: dict[int, int] = {}
    size = 4
    for number, value in fields.items():
        step = struct.calcsize("<" + value.kind) if isinstance(value, Scalar) else 4
        size += -size % step
        field_offsets[number] = size
        size += step
    offsets = [field_offsets.get(number, 0) for number in range(max(fields, default=-1) + 1)]
    _pad(out, 2)
    vtable = len(out)
    out += struct.pack(f"<{len(offsets) + 2}H", 2 * len(offsets) + 4, size, *offsets)
    _pad(out, 8)
    table = len(out)
    out += bytes(size)
    struct.pack_into("<i", out, table, table - vtable)
    for number, value in fields.items():
        at = table + field_offsets[number]
        if isinstance(value, Scalar):
            struct.pack_into("<" + value.kind, out, at, value.value)
        else:
            struct.pack_into("<I", out, at, _append_target(out, value) - at)
    return table


def _append_target(out: bytearray, value: Any) -> int:
    """Append the data that an offset refers to. Return its position."""
    if isinstance(value, Vector):
        content = struct.pack(f"<{len(value.values)}{value.kind}", *value.values)
        return _append_vector(out, content, value)
    if isinstance(value, str):
        at = _append_vector(out, value.encode(), Vector("b", value.encode()))
        out.append(0)
        return at
    if isinstance(value, Mapping):
        return _append_table(out, value)
    vector = _append_vector(out, bytes(4 * len(value)), Vector("I", value))
    for number, fields in enumerate(value):
        at = vector + 4 + 4 * number
        struct.pack_into("<I", out, at, _append_table(out, fields) - at)
    return vector


def _append_vector(out: bytearray, content: bytes, vector: Vector) -> int:
    # The first element must be aligned, and the length is the 4 bytes before it.
    align = max(vector.align, struct.calcsize("<" + vector.kind))
    while (len(out) + 4) % align:
        out.append(0)
    at = len(out)
    out += struct.pack("<I", len(vector.values)) + content
    return at


def _pad(out: bytearray, align: int) -> None:
    out += bytes(-len(out) % align)
