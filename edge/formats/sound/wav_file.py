"""WAV with plain samples: integers of 8 to 32 bits, floats of 32 or 64 bits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.sound.sound_file import SoundFile
from edge.formats.sound.wav_header import FLOAT, WavFormat, read_header


class WavFile(SoundFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file = open(path, "rb")  # noqa: SIM115
        try:
            header = read_header(self._file)
        except BaseException:
            self._file.close()
            raise
        self._format, self._left = header.format, header.size
        self.rate, self.channels = self._format.rate, self._format.channels
        frame = self._format.frame
        self._there, self._promised = header.size // frame, header.promised // frame
        if self._there < self._promised:
            self._report_missing(self._there, self._promised)

    def _decoded(self) -> Iterator[NDArray[np.float32]]:
        frame = self._format.frame
        while size := min(self._left, self.block_frames * frame):
            data = self._file.read(size)
            data = data[: len(data) // frame * frame]
            self._left -= len(data)
            if len(data) < size:  # another program made the file shorter meanwhile
                there, self._left = self._there - self._left // frame, 0
                if not there:
                    raise RecordingError("was emptied while it was read: copy it again")
                self._report_missing(there, self._promised)
            yield _decode(data, self._format).reshape(-1, self.channels)

    def close(self) -> None:
        self._file.close()


def _decode(data: bytes, form: WavFormat) -> NDArray[np.float32]:
    """Return the samples of all channels, full scale is 1."""
    if form.code == FLOAT:
        with np.errstate(over="ignore"):  # float64 may become infinite; `blocks` replaces that
            return np.frombuffer(data, f"<f{form.width}").astype(np.float32)
    levels: NDArray[Any]
    if form.width == 1:  # 8 bits are unsigned, all other widths are signed
        levels = np.frombuffer(data, np.uint8).astype(np.float32) - 128
        # 127 of 128 is 0.992: too far below full scale to be counted as clipped.
        levels[levels == 127] = 128
    elif form.width == 3:
        padded = np.zeros((len(data) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        levels = padded.view("<i4")[:, 0] / np.float32(256)
    else:
        levels = np.frombuffer(data, f"<i{form.width}")
    return (levels * np.float32(2.0 ** (1 - 8 * form.width))).astype(np.float32)
