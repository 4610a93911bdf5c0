"""Check every offset, length and alignment of a TFLite file, as far as a runtime may follow them.

Runtimes follow them without a check, so a wrong one ends the process. A field that this module does
not know may be an offset too: a file that has one is refused.
"""

from __future__ import annotations

import struct

from edge.tflite import schema
from edge.tflite.flatbuffer_reader import SCALARS, SHORT, SIGNED, UNSIGNED

MAX_TABLES = 200_000  # a model for a Pi has some thousand; tables that are used twice count twice
MAX_TEXT = 1 << 20  # bytes of all names; a runtime copies them

# The fields of each table, by number: a format character of `struct`, "s" for a text, the name of a
# table, or one of them after "[" for a vector. "-" is a field that no model may have.
TABLES = {
    "Model": "I [OperatorCode [SubGraph s [Buffer [i [Metadata [SignatureDef - -",
    "OperatorCode": "b s i i",
    "SubGraph": "[Tensor [i [i [Operator s i",
    "Tensor": "[i b I s Quantization B - [i B - -",
    "Quantization": "[f [f [f [q - - i",
    "Operator": "I [i [i B options [B b [B [i - - - - i",
    "Buffer": "[B - -",
    "Metadata": "s I",
    "SignatureDef": "[TensorMap [TensorMap s s I",
    "TensorMap": "s I",
}
# The options of the operators, by the number of their table in the union BuiltinOptions.
OPTIONS = {
    1: "b i i b i i b",  # CONV_2D
    2: "b i i i b i i",  # DEPTHWISE_CONV_2D
    5: "b i i i i b",  # pools
    8: "b b B B b",  # FULLY_CONNECTED
    9: "f",  # SOFTMAX
    10: "i b",  # CONCATENATION
    11: "b B",  # ADD
    12: "b",  # L2_NORMALIZATION
    15: "- - B B",  # RESIZE_BILINEAR
    17: "[i",  # RESHAPE
    19: "i",  # SPACE_TO_DEPTH
    21: "b",  # MUL
    23: "i i",  # GATHER
    27: "B",  # MEAN, SUM and other reductions
    28: "b B",  # SUB
    29: "b",  # DIV
    30: "[i",  # SQUEEZE
    32: "i i i i i B",  # STRIDED_SLICE
    35: "i",  # SPLIT
    37: "b b",  # CAST
    40: "b",  # ARG_MAX
    49: "b i i b b",  # TRANSPOSE_CONV
    55: "b",  # SHAPE
    59: "i i",  # PACK
    64: "i i",  # UNPACK
    74: "B B",  # RESIZE_NEAREST_NEIGHBOR
    75: "f",  # LEAKY_RELU
    94: "i",  # DEPTH_TO_SPACE
    101: "B B B",  # BATCH_MATMUL
    116: "B",  # GELU
}
WITHOUT_FIELDS = {22, 24, 25, 26, 33, 36, 38, 39, 42, 43, 48, 51, 52, 66, 76, 78, 89, 91}
for _number in WITHOUT_FIELDS:
    OPTIONS[_number] = ""
FIELDS = {name: tuple(fields.split()) for name, fields in TABLES.items()}
OPTION_FIELDS = {number: tuple(fields.split()) for number, fields in OPTIONS.items()}
Field = tuple[int, int, str]
"""Of a table: the offset, the alignment, and what an offset refers to; "" for a number."""
OPTIONS_KIND = "options"
SIZES = {kind: SCALARS[kind].size for kind in "bBiIfqQ"}


def check_structure(data: bytes, any_operator: bool) -> None:
    """ValueError names the first thing that is wrong.

    `any_operator`: accept options of operators that this module does not know; of these, only the
    places of the fields are checked.
    """
    if len(data) < 8:
        raise ValueError("it is cut short")
    _Walk(data, any_operator).table(struct.unpack_from("<I", data)[0], "Model")


class _Walk:
    """A model has some thousand tables and few vtables, so each vtable is parsed once for each kind
    of table that uses it."""

    def __init__(self, data: bytes, any_operator: bool) -> None:
        self.data, self.size, self.any_operator = data, len(data), any_operator
        self.tables, self.text = 0, 0
        self.vtables: dict[tuple[int, str], tuple[int, list[Field]]] = {}

    def table(self, at: int, name: str) -> None:
        """Check the table at this position, and everything that it refers to."""
        self.tables += 1
        if self.tables > MAX_TABLES:
            raise ValueError(f"it has more than {MAX_TABLES} tables")
        self._require(at, 4, 4, name)
        vtable = at - SIGNED.unpack_from(self.data, at)[0]
        known = self.vtables.get((vtable, name))
        if known is None:
            known = self.vtables[vtable, name] = self._vtable(vtable, name)
        table_size, fields = known
        if at + table_size > self.size:
            raise ValueError(f"a {name} is outside the file")
        for offset, align, kind in fields:
            place = at + offset
            if place % align:
                raise ValueError(f"a {name} is not aligned")
            if kind == OPTIONS_KIND:
                self._options(at, place)
            elif kind:
                self._target(place, kind)

    def _vtable(self, at: int, name: str) -> tuple[int, list[Field]]:
        """The size of its tables, and the fields that they have."""
        self._require(at, 4, 2, name)
        vtable_size, table_size = struct.unpack_from("<HH", self.data, at)
        if vtable_size < 4 or vtable_size % 2 or table_size < 4:
            raise ValueError(f"a {name} table has an impossible size")
        self._require(at, vtable_size, 2, name)
        offsets = struct.unpack_from(f"<{vtable_size // 2 - 2}H", self.data, at + 4)
        known, fields = _fields_of(name), []
        for number, offset in enumerate(offsets):
            if not offset:
                continue
            kind = "B" if known is None else known[number] if number < len(known) else "-"
            if kind == "-":
                raise ValueError(f"a {name} table has the field {number}, which is not supported")
            length = SIZES.get(kind, 4)
            if offset < 4 or offset + length > table_size:
                raise ValueError(f"a field of a {name} table is outside the table")
            fields.append((offset, length, "" if kind in SIZES else kind))
        return table_size, fields

    def _options(self, at: int, place: int) -> None:
        """Check the options of the operator at this position, whose kind another field states."""
        vtable = at - SIGNED.unpack_from(self.data, at)[0]
        entry = 4 + 2 * schema.OPERATOR_OPTIONS_TYPE
        has_entry = SHORT.unpack_from(self.data, vtable)[0] > entry
        offset = SHORT.unpack_from(self.data, vtable + entry)[0] if has_entry else 0
        number = self.data[at + offset] if offset else 0
        if number not in OPTION_FIELDS and not self.any_operator:
            raise ValueError(f"it has options of an operator that is not supported ({number})")
        self.table(place + UNSIGNED.unpack_from(self.data, place)[0], f"options {number}")

    def _target(self, place: int, kind: str) -> None:
        at = place + UNSIGNED.unpack_from(self.data, place)[0]
        if kind == "s":
            end = at + 4 + self._vector(at, 1, "text")
            self._require(end, 1, 1, "text")
            if self.data[end]:
                raise ValueError("a text does not end with a zero")
            self.text += end - at
            if self.text > MAX_TEXT:
                raise ValueError("its names are too long")
        elif kind[0] != "[":
            self.table(at, kind)
        elif kind[1:] in SIZES:
            self._vector(at, SIZES[kind[1:]], kind)
        else:
            count = self._vector(at, 4, kind)
            for number, offset in enumerate(struct.unpack_from(f"<{count}I", self.data, at + 4)):
                self.table(at + 4 + 4 * number + offset, kind[1:])

    def _vector(self, at: int, step: int, name: str) -> int:
        """The number of elements of the vector at this position."""
        self._require(at, 4, 4, name)
        count: int = UNSIGNED.unpack_from(self.data, at)[0]
        self._require(at + 4, count * step, step if count else 1, name)
        return count

    def _require(self, at: int, length: int, align: int, name: str) -> None:
        if at < 0 or at + length > self.size:
            raise ValueError(f"a {name.lstrip('[')} is outside the file")
        if at % align:
            raise ValueError(f"a {name.lstrip('[')} is not aligned")


def _fields_of(name: str) -> tuple[str, ...] | None:
    """The kinds of the fields of a table; None for options of an unknown operator."""
    if name.startswith("options "):
        return OPTION_FIELDS.get(int(name.removeprefix("options ")))
    return FIELDS[name]
