"""The samples of a WFDB record: formats 16 and 212.

https://physionet.org/physiotools/wag/signal-5.htm describes the formats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError


def decode(data: bytes, form: str) -> NDArray[np.int32]:
    """The samples of all signals of a file, in turn; -32768 or -2048 if a sample is missing."""
    if form not in DECODERS:
        raise RecordingError(
            f"has signals of the format {form}, and this edge-sense reads "
            f"{' and '.join(DECODERS)}: convert it with xform of the WFDB package"
        )
    return DECODERS[form](data)


def is_missing(samples: NDArray[np.int32], form: str) -> NDArray[np.bool_]:
    """Which samples are marked as not recorded."""
    return samples == MISSING[form]


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


DECODERS = {"16": _decode_16, "212": _decode_212}
MISSING = {"16": -32768, "212": -2048}
