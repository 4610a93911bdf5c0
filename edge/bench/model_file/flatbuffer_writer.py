"""Writing small FlatBuffers: front to back, what is referred to behind what refers to it."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scalar:
    kind: str  # the letter that `struct` has for it
    value: Any


@dataclass(frozen=True)
class Vector:
    kind: str
    values: Sequence[Any]
    align: int = 4


Fields = Mapping[int, Any]  # by field number: Scalar, Vector, str, Fields or a list of Fields


def written(root: Fields, identifier: bytes) -> bytes:
    out = bytearray(4) + identifier
    struct.pack_into("<I", out, 0, _table(out, root))
    return bytes(out)


def _table(out: bytearray, fields: Fields) -> int:
    """Append a table and all it refers to; its position."""
    places: dict[int, int] = {}
    size = 4
    for number, value in fields.items():
        step = struct.calcsize("<" + value.kind) if isinstance(value, Scalar) else 4
        size += -size % step
        places[number] = size
        size += step
    offsets = [places.get(number, 0) for number in range(max(fields, default=-1) + 1)]
    _pad(out, 2)
    vtable = len(out)
    out += struct.pack(f"<{len(offsets) + 2}H", 2 * len(offsets) + 4, size, *offsets)
    _pad(out, 8)
    at = len(out)
    out += bytes(size)
    struct.pack_into("<i", out, at, at - vtable)
    for number, value in fields.items():
        place = at + places[number]
        if isinstance(value, Scalar):
            struct.pack_into("<" + value.kind, out, place, value.value)
        else:
            struct.pack_into("<I", out, place, _referred(out, value) - place)
    return at


def _referred(out: bytearray, value: Any) -> int:
    if isinstance(value, Vector):
        return _vector(out, struct.pack(f"<{len(value.values)}{value.kind}", *value.values), value)
    if isinstance(value, str):
        at = _vector(out, value.encode(), Vector("b", value.encode()))
        out.append(0)
        return at
    if isinstance(value, Mapping):
        return _table(out, value)
    at = _vector(out, bytes(4 * len(value)), Vector("I", value))
    for number, fields in enumerate(value):
        place = at + 4 + 4 * number
        struct.pack_into("<I", out, place, _table(out, fields) - place)
    return at


def _vector(out: bytearray, content: bytes, vector: Vector) -> int:
    # It is the elements, behind the length, that must be aligned.
    align = max(vector.align, struct.calcsize("<" + vector.kind))
    while (len(out) + 4) % align:
        out.append(0)
    at = len(out)
    out += struct.pack("<I", len(vector.values)) + content
    return at


def _pad(out: bytearray, align: int) -> None:
    out += bytes(-len(out) % align)
