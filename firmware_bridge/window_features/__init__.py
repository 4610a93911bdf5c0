"""The features `window` in C, for a microcontroller that runs a model of your own.

They compute the same int8 input as `edge.features.window`, which the tests compare. Their constants
are those of the model: `firmware_bridge.export` writes them to window_constants.h.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
SOURCES = tuple(sorted(FOLDER.glob("ew_*.[ch]")))
