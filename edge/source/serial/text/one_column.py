"""A live stream of one number a line: an ECG amplifier, such as the AD8232, on an analog input.

Such a sketch prints what analogRead returns, and "!" while an electrode is off. Whole numbers are
steps of the converter; other numbers are taken as mV.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import ECG
from edge.source.serial.text.number_stream import NumberStream

FULL_SCALE = 3.0  # mV at the electrodes: 3.3 V at the output of an AD8232 with the gain 1100
CONVERTER_BITS = (10, 12, 14, 16)


class OneColumnStream(NumberStream):
    slowest, fastest = 80.0, 2000.0  # Hz

    def __init__(self) -> None:
        super().__init__(ECG)

    def wrong_columns(self) -> str:
        return "the board sends several columns: an ECG is one number a line"

    def unit(self, values: NDArray[np.float64]) -> tuple[float, str]:
        """The unit of the values in mV, and its name."""
        whole = bool((values == np.round(values)).all()) and values.min() >= 0
        for bits in CONVERTER_BITS:
            if whole and values.max() < 2**bits:
                return FULL_SCALE / 2**bits, f"steps of a converter of {bits} bits"
        return 1.0, "mV"
