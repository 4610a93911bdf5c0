"""The C preprocessing, compiled for this computer; it takes a stream sample by sample."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.pose import CHANNELS
from edge.features.motion.stroke import LIVE_HANG, POINTS
from firmware_bridge.preprocessing import FOLDER

FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wfloat-conversion", "-Werror")
MAX_STROKES = 10_000  # of a stream

# One gate and one workspace, as in a sketch. Samples are double, whatever es_real is.
_HOST_PROGRAM = """
#include "es_stroke.h"

static es_gate gate;
static es_workspace work;

int host_bytes(void) { return (int)(sizeof gate + sizeof work); }
int host_gate_bytes(void) { return (int)sizeof gate; }

/* Writes rows of (first, last, end, decided, too_long), and returns their number. */
int host_run(double hang, int count, const double *t, const double *samples, int max_strokes,
             double spans[][5], float tensors[][ES_POINTS][ES_CHANNELS]) {
  int n, k, found = 0;
  es_gate_init(&gate, hang);
  for (n = 0; n <= count && found < max_strokes; n++) {
    es_span span;
    es_real sample[6];
    for (k = 0; k < 6 && n < count; k++) sample[k] = (es_real)samples[6 * n + k];
    if (n < count ? es_gate_push(&gate, t[n], sample, &span) : es_gate_finish(&gate, &span)) {
      spans[found][0] = gate.t[es_gate_row(&gate, 0)];
      spans[found][1] = gate.t[es_gate_row(&gate, span.count - 1)];
      spans[found][2] = span.end;
      spans[found][3] = span.decided;
      spans[found][4] = span.too_long;
      es_stroke_tensor(&gate, &span, &work, tensors[found]);
      found++;
    }
  }
  return found;
}
"""


@dataclass(frozen=True)
class Strokes:
    """The strokes that were found in a stream."""

    spans: NDArray[np.float64]
    """(n, 5) times of the first row, last row, end and decision; and whether it is too long."""
    tensors: NDArray[np.float32]


class CPreprocessing:
    def __init__(self, folder: Path, *, double: bool) -> None:
        compiler = next(
            (found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None
        )
        if compiler is None:
            raise AssertionError("no C compiler: sudo apt install gcc libc6-dev")
        host, library = folder / "host.c", folder / "preprocessing.so"
        host.write_text(_HOST_PROGRAM)
        defines = ("-DES_DOUBLE",) if double else ("-Wdouble-promotion",)
        sources = [str(file) for file in sorted(FOLDER.glob("es_*.c"))]
        subprocess.run(
            [compiler, *FLAGS, *defines, "-shared", "-fPIC", "-I", str(FOLDER), str(host), *sources]
            + ["-o", str(library), "-lm"],
            check=True,
        )
        self.library = ctypes.CDLL(str(library))

    def run(
        self, t: NDArray[np.float64], values: NDArray[np.floating], hang: float = LIVE_HANG
    ) -> Strokes:
        t, samples = np.ascontiguousarray(t, np.float64), np.ascontiguousarray(values, np.float64)
        spans = np.empty((MAX_STROKES, 5))
        tensors = np.empty((MAX_STROKES, POINTS, CHANNELS), np.float32)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (t, samples, spans, tensors)]
        count = self.library.host_run(
            ctypes.c_double(hang), len(t), *pointers[:2], MAX_STROKES, *pointers[2:]
        )
        return Strokes(spans[:count], tensors[:count])

    def quantised(
        self, tensor: NDArray[np.float32], scale: float, zero_point: int
    ) -> NDArray[np.int8]:
        levels = np.empty(tensor.shape, np.int8)
        tensor = np.ascontiguousarray(tensor)
        self.library.es_quantise(
            *(ctypes.c_void_p(tensor.ctypes.data), tensor.size, ctypes.c_float(scale)),
            *(zero_point, ctypes.c_void_p(levels.ctypes.data)),
        )
        return levels
