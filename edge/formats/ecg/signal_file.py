"""The samples of a WFDB record: formats 16, 80 and 212, and FLAC (508, 516 and 524).

https://physionet.org/physiotools/wag/signal-5.htm describes the formats.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError

FLAC = {"508": 8, "516": 16, "524": 24}
"""By format: the bits of a sample. Each signal is a channel of a FLAC file."""


def decode(data: bytes, form: str, per_frame: Sequence[int], number: int) -> NDArray[np.int32]:
    """The samples of one signal of a file: its number in the file, and how many samples of each
    signal are in a frame. RecordingError for an unknown format."""
    if form in FLAC:
        return _decode_flac(data, FLAC[form], number)
    if form not in DECODERS:
        *known, last = (*DECODERS, *FLAC)
        raise RecordingError(
            f"has signals of the format {form}, and this edge-sense reads "
            f"{', '.join(known)} and {last}: convert it with xform of the WFDB package"
        )
    samples, size = DECODERS[form](data), sum(per_frame)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    first = sum(per_frame[:number])
    return frames[:, first : first + per_frame[number]].ravel()


def is_missing(samples: NDArray[np.int32], form: str) -> NDArray[np.bool_]:
    """Which samples are marked as not recorded."""
    marker = -(1 << FLAC[form] - 1) if form in FLAC else MISSING[form]
    return samples == marker


def _decode_flac(data: bytes, bits: int, number: int) -> NDArray[np.int32]:
    from edge.formats.sound.coded_file import soundfile_library

    library = soundfile_library()
    try:
        values, _ = library.read(io.BytesIO(data), dtype="int32", always_2d=True)
    except library.LibsndfileError as error:
        raise RecordingError(f"cannot be decoded: {error.error_string}") from None
    if number >= values.shape[1]:
        raise RecordingError(f"has {values.shape[1]} channels, fewer than its header announces")
    signal: NDArray[np.int32] = values[:, number] >> 32 - bits
    return signal


def _decode_80(data: bytes) -> NDArray[np.int32]:
    """One byte for each sample, 128 is zero."""
    return np.frombuffer(data, np.uint8).astype(np.int32) - 128


def _decode_16(data: bytes) -> NDArray[np.int32]:
    """Two bytes for each sample, the low byte first."""
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int32)


def _decode_212(data: bytes) -> NDArray[np.int32]:
    """Three bytes for two samples of 12 bits.

    The low bytes of the two are the first and the third byte; the second byte has the high four
    bits of the first sample in its low half, and those of the second sample in its high half.
    """
    whole = np.frombuffer(data[: len(data) // 3 * 3], np.uint8).reshape(-1, 3).astype(np.int32)
    samples = np.empty(2 * len(whole), np.int32)
    samples[0::2] = whole[:, 0] | (whole[:, 1] & 0x0F) << 8
    samples[1::2] = whole[:, 2] | (whole[:, 1] & 0xF0) << 4
    if len(data) % 3 == 2:  # an odd number of samples: the last one has two bytes
        last = data[-2] | (data[-1] & 0x0F) << 8
        samples = np.append(samples, np.int32(last))
    return np.where(samples >= 2048, samples - 4096, samples).astype(np.int32)


DECODERS = {"16": _decode_16, "80": _decode_80, "212": _decode_212}
MISSING = {"16": -32768, "80": -128, "212": -2048}
