"""Read FlatBuffers, the format of TFLite files, by field number. The caller knows the schema."""

from __future__ import annotations

import struct
from typing import Any

DAMAGED_DATA = (struct.error, IndexError, ValueError, UnicodeDecodeError)
"""The exceptions that damaged data can cause."""


SCALARS = {kind: struct.Struct("<" + kind) for kind in "bBhHiIqQfd"}
UNSIGNED, SIGNED, SHORT = SCALARS["I"], SCALARS["i"], SCALARS["H"]


class Table:
    """A FlatBuffers table, in which every field is optional."""

    __slots__ = ("_offsets", "at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        vtable = at - _read(SIGNED, data, at)
        size = _read(SHORT, data, vtable)
        self._offsets = struct.unpack_from(f"<{size // 2 - 2}H", data, vtable + 4)

    @classmethod
    def root(cls, data: bytes) -> Table:
        return cls(data, _read(UNSIGNED, data, 0))

    def scalar(self, field: int, kind: str, default: Any = 0) -> Any:
        """The value of a field. `kind` is the format character of `struct`."""
        at = self._field(field)
        return default if at is None else _read(SCALARS[kind], self.data, at)

    def table(self, field: int) -> Table | None:
        at = self._target(field)
        return None if at is None else Table(self.data, at)

    def text(self, field: int) -> str:
        at = self._target(field)
        if at is None:
            return ""
        length = _read(UNSIGNED, self.data, at)
        return self.data[at + 4 : at + 4 + length].decode()

    def numbers(self, field: int, kind: str) -> list[Any]:
        start, count = self.vector(field, SCALARS[kind].size)
        return list(struct.unpack_from(f"<{count}{kind}", self.data, start)) if count else []

    def tables(self, field: int) -> list[Table]:
        start, count = self.vector(field, 4)
        offsets = struct.unpack_from(f"<{count}I", self.data, start)
        return [
            Table(self.data, at + offset)
            for at, offset in zip(range(start, start + 4 * count, 4), offsets, strict=True)
        ]

    def vector(self, field: int, step: int) -> tuple[int, int]:
        """The position and the number of the elements of a vector; (0, 0) if it is absent.

        `step` is the size of an element in bytes.
        """
        at = self._target(field)
        if at is None:
            return 0, 0
        length = _read(UNSIGNED, self.data, at)
        if at + 4 + length * step > len(self.data):
            raise ValueError(f"a vector of {length} elements extends beyond the end of the file")
        return at + 4, length

    def position(self, field: int) -> tuple[int, int]:
        """The position of a field's offset and its target; ValueError if the field is absent."""
        at = self._field(field)
        if at is None:
            raise ValueError(f"field {field} is missing")
        return at, at + int(_read(UNSIGNED, self.data, at))

    def _target(self, field: int) -> int | None:
        at = self._field(field)
        return None if at is None else at + int(_read(UNSIGNED, self.data, at))

    def _field(self, field: int) -> int | None:
        offset = self._offsets[field] if field < len(self._offsets) else 0
        return self.at + offset if offset else None


def _read(kind: struct.Struct, data: bytes, at: int) -> Any:
    if at < 0:
        raise ValueError("an offset points before the start of the file")
    return kind.unpack_from(data, at)[0]
