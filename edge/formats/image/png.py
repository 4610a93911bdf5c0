"""PNG images: every depth and colour type, not interlaced (RFC 2083)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.image.size import check_size

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, COLOUR: 3, PALETTE: 1, GREY_ALPHA: 2, COLOUR_ALPHA: 4}
DEPTHS = {GREY: (1, 2, 4, 8, 16), PALETTE: (1, 2, 4, 8)}  # bits; of the other types: 8, 16
NONE, SUB, UP, AVERAGE, PAETH = range(5)  # filters of a row
DAMAGED = "is a damaged PNG image: save it again"


def recognises(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def decode(data: bytes, most: int) -> NDArray[np.float32]:
    """(height, width, samples of a pixel), 0 to 1; RecordingError if it is no image."""
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise RecordingError(DAMAGED)
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    check_size(width, height, most)
    if colour not in SAMPLES or depth not in DEPTHS.get(colour, (8, 16)):
        raise RecordingError(DAMAGED)
    if interlaced:
        raise RecordingError("is an interlaced PNG image: save it without interlacing")
    samples = SAMPLES[colour]
    row_bytes = -(-width * samples * depth // 8)
    raw = _inflated([body for name, body in chunks if name == b"IDAT"], height * (row_bytes + 1))
    rows = _unfiltered(raw.reshape(height, row_bytes + 1), max(1, samples * depth // 8))
    values = _samples(rows, depth)[:, : width * samples].reshape(height, width, samples)
    if colour == PALETTE:
        return _colours(values[:, :, 0], dict(chunks))
    return values.astype(np.float32) / np.float32(2**depth - 1)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if len(body) != size or zlib.crc32(name + body) != _checksum(data, at + 8 + size):
            raise RecordingError(DAMAGED)
        yield name, body
        if name == b"IEND":
            return
        at += 12 + size
    raise RecordingError("is a PNG image that is cut off: copy it again")


def _checksum(data: bytes, at: int) -> int | None:
    found = data[at : at + 4]
    return int.from_bytes(found, "big") if len(found) == 4 else None


def _inflated(parts: list[bytes], size: int) -> NDArray[np.uint8]:
    decompressor = zlib.decompressobj()
    try:
        content = decompressor.decompress(b"".join(parts), size)
    except zlib.error:
        raise RecordingError(DAMAGED) from None
    if len(content) != size:
        raise RecordingError(DAMAGED)
    return np.frombuffer(content, np.uint8)


def _unfiltered(rows: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """The bytes of the pixels. `step`: bytes from a sample to that of the next pixel."""
    if (rows[:, 0] > PAETH).any():
        raise RecordingError(DAMAGED)
    found = np.zeros((len(rows) + 1, rows.shape[1] - 1), np.uint8)
    for number, (kind, row) in enumerate(zip(rows[:, 0].tolist(), rows[:, 1:], strict=True), 1):
        above = found[number - 1]
        if kind == UP:
            row = row + above  # modulo 256, as all of these
        elif kind == SUB:
            padded = np.zeros(-(-len(row) // step) * step, np.uint8)
            padded[: len(row)] = row
            columns = padded.reshape(-1, step).cumsum(axis=0, dtype=np.uint8)
            row = columns.reshape(-1)[: len(row)]
        elif kind in (AVERAGE, PAETH):
            row = np.array(_from_left(kind, row.tolist(), above.tolist(), step), np.uint8)
        found[number] = row
    return found[1:]


def _from_left(kind: int, row: list[int], above: list[int], step: int) -> list[int]:
    """A row whose bytes depend on those of the pixel before them, one after another."""
    found = [0] * step + row
    corner = [0] * step + above
    for k, (value, up) in enumerate(zip(row, above, strict=True)):
        left = found[k]
        if kind == AVERAGE:
            predicted = (left + up) >> 1
        else:
            diagonal = corner[k]
            estimate = left + up - diagonal
            to_left, to_up = abs(estimate - left), abs(estimate - up)
            to_diagonal = abs(estimate - diagonal)
            if to_left <= to_up and to_left <= to_diagonal:
                predicted = left
            else:
                predicted = up if to_up <= to_diagonal else diagonal
        found[k + step] = (value + predicted) & 255
    return found[step:]


def _samples(rows: NDArray[np.uint8], depth: int) -> NDArray[np.integer]:
    if depth == 16:
        return np.ascontiguousarray(rows).view(">u2")
    if depth == 8:
        return rows
    bits = np.unpackbits(rows, axis=1).reshape(len(rows), -1, depth)
    return bits @ (1 << np.arange(depth)[::-1]).astype(np.uint8)


def _colours(numbers: NDArray[np.integer], chunks: dict[bytes, bytes]) -> NDArray[np.float32]:
    """The colours of a palette, with their opacity if the image states it."""
    raw = chunks.get(b"PLTE", b"")
    palette = np.frombuffer(raw[: len(raw) // 3 * 3], np.uint8).reshape(-1, 3)
    if not len(palette) or numbers.max() >= len(palette):
        raise RecordingError(DAMAGED)
    if b"tRNS" in chunks:
        opacity = np.full((len(palette), 1), 255, np.uint8)
        given = np.frombuffer(chunks[b"tRNS"][: len(palette)], np.uint8)
        opacity[: len(given), 0] = given
        palette = np.hstack([palette, opacity])
    return palette[numbers].astype(np.float32) / np.float32(255)
