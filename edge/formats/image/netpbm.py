"""PGM, PPM and PBM images, as text or binary (P1 to P6)."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.image.size import check_size

MAGIC = re.compile(rb"P([1-6])[\s#]")
TOKEN = re.compile(rb"(?:\s|#[^\n]*\n)*([0-9]{1,9})")
DAMAGED = "is a PGM or PPM image that is cut off or damaged: save it again"


def recognises(data: bytes) -> bool:
    return MAGIC.match(data) is not None


def decode(data: bytes, most: int) -> NDArray[np.float32]:
    """(height, width, 1 or 3), 0 to 1; RecordingError if it is no image."""
    kind = data[1] - ord("0")
    has_bits, is_text = kind in (1, 4), kind < 4
    at, header = 2, []
    for _ in range(2 if has_bits else 3):
        found = TOKEN.match(data, at)
        if found is None:
            raise RecordingError(DAMAGED)
        header.append(int(found[1]))
        at = found.end()
    width, height, *more = header
    largest = more[0] if more else 1
    check_size(width, height, most)
    if not 1 <= largest <= 65535:
        raise RecordingError(DAMAGED)
    shape = (height, width, 3 if kind in (3, 6) else 1)
    if is_text:
        values = _text(data[at:], has_bits, int(np.prod(shape)))
    elif has_bits:
        rows = _binary(data[at + 1 :], np.uint8, height * -(-width // 8)).reshape(height, -1)
        values = np.unpackbits(rows, axis=1)[:, :width]
    else:
        kinds = np.uint8 if largest < 256 else np.dtype(">u2")
        values = _binary(data[at + 1 :], kinds, int(np.prod(shape)))
    found_values = np.minimum(values.reshape(shape).astype(np.float32) / np.float32(largest), 1)
    return (1 - found_values if has_bits else found_values).astype(np.float32)  # 1 is black there


def _binary(data: bytes, kind: type | np.dtype, count: int) -> NDArray:
    if len(data) < count * np.dtype(kind).itemsize:
        raise RecordingError(DAMAGED)
    return np.frombuffer(data, kind, count)


def _text(data: bytes, has_bits: bool, count: int) -> NDArray:
    # Bits need no space between them.
    tokens = re.findall(rb"[01]" if has_bits else rb"[0-9]{1,9}", re.sub(rb"#[^\n]*", b"", data))
    if len(tokens) < count:
        raise RecordingError(DAMAGED)
    return np.array(tokens[:count], dtype="S9").astype(np.int64)
