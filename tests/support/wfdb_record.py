"""Writes small ECG records in the WFDB format, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.formats.ecg.annotation_file import AAMI_CLASSES

GAIN, BASELINE = 200, 1024  # steps in one mV, and the step that is 0 mV
CODES = {"N": 1, "S": 8, "V": 5, "F": 6, "Q": 13}
assert all(AAMI_CLASSES[code] == label for label, code in CODES.items())


def write_record(
    path: Path,
    leads: dict[str, np.ndarray],
    rate: float = 360,
    form: str = "212",
    beats: Sequence[tuple[float, str]] | None = None,
) -> Path:
    """Write leads in mV, and beats as times in s with their labels; return the header."""
    steps = np.stack([np.round(lead * GAIN) + BASELINE for lead in leads.values()], axis=1)
    encode = encode_212 if form == "212" else encode_16
    path.with_suffix(".dat").write_bytes(encode(steps.astype(int).ravel()))
    lines = [f"{path.stem} {len(leads)} {rate:g} {len(steps)}"]
    lines += [
        f"{path.stem}.dat {form} {GAIN} 12 {BASELINE} {steps[0, k]:.0f} 0 0 {name}"
        for k, name in enumerate(leads)
    ]
    path.with_suffix(".hea").write_text("\n".join([*lines, "# made by a test", ""]))
    if beats is not None:
        marks = [(round(t * rate), CODES[label]) for t, label in beats]
        path.with_suffix(".atr").write_bytes(encode_annotations(marks))
    return path.with_suffix(".hea")


def encode_16(samples: np.ndarray) -> bytes:
    return samples.astype("<i2").tobytes()


def encode_212(samples: np.ndarray) -> bytes:
    pairs = np.pad(samples, (0, len(samples) % 2)).reshape(-1, 2) & 0xFFF
    data = bytearray()
    for first, second in pairs.tolist():
        data += bytes((first & 0xFF, first >> 8 | (second >> 8) << 4, second & 0xFF))
    return bytes(data[: len(data) - len(samples) % 2])


def encode_annotations(marks: Sequence[tuple[int, int]]) -> bytes:
    """Annotations (sample, code); a long interval is a SKIP, and the first has a text."""
    data, last = b"", 0
    for number, (sample, code) in enumerate(marks):
        step = sample - last
        if step > 1023:
            data += (59 << 10).to_bytes(2, "little")
            data += (step >> 16).to_bytes(2, "little") + (step & 0xFFFF).to_bytes(2, "little")
            step = 0
        data += (code << 10 | step).to_bytes(2, "little")
        if number == 0:
            data += (63 << 10 | 3).to_bytes(2, "little") + b"(N\0\0"
        last = sample
    return data + b"\0\0"
