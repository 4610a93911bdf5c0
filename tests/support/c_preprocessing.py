"""The C preprocessing, compiled for this computer; it takes a stream sample by sample."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.gate import LIVE_HANG
from edge.features.motion.inputs import POINTS
from edge.features.motion.pose import CHANNELS
from firmware_bridge.preprocessing import FOLDER

FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wfloat-conversion", "-Werror")
MAX_STROKES = 10_000  # of a stream

# One gate and one workspace, as in a sketch. Samples are double, whatever es_real is.
_HOST_PROGRAM = """
#include "es_decision.h"

static es_gate gate;
static es_workspace work;
static es_decision decision;

int host_bytes(void) { return (int)(sizeof gate + sizeof work); }
int host_gate_bytes(void) { return (int)sizeof gate; }

/* Writes rows of (first, last, end, decided, joined, too_long, torn) and of (agreement, lateral,
 * trust, clipped), and returns their number. */
int host_run(double hang, int count, const double *t, const double *samples, int max_strokes,
             double rows[][7], double facts[][8], float tensors[][ES_POINTS][ES_CHANNELS]) {
  int n, k, s, found = 0;
  es_gate_init(&gate, hang);
  for (n = 0; n <= count && found + ES_PIECES <= max_strokes; n++) {
    es_span spans[ES_PIECES];
    es_real sample[6];
    int strokes;
    for (k = 0; k < 6 && n < count; k++) sample[k] = (es_real)samples[6 * n + k];
    strokes = n < count ? es_gate_push(&gate, t[n], sample, spans) : es_gate_finish(&gate, spans);
    for (s = 0; s < strokes; s++) {
      es_span *span = &spans[s];
      es_stroke_facts of;
      rows[found][0] = gate.t[es_gate_row(&gate, span->first)];
      rows[found][1] = gate.t[es_gate_row(&gate, span->first + span->count - 1)];
      rows[found][2] = span->end;
      rows[found][3] = span->decided;
      rows[found][4] = span->joined;
      rows[found][5] = span->too_long;
      rows[found][6] = span->torn;
      es_stroke_tensor(&gate, span, &work, &of, tensors[found]);
      facts[found][0] = (double)of.agreement;
      for (k = 0; k < 3; k++) facts[found][1 + k] = (double)of.lateral[k];
      for (k = 0; k < 2; k++) facts[found][4 + k] = (double)of.trust[k];
      for (k = 0; k < 2; k++) facts[found][6 + k] = (double)of.clipped[k];
      found++;
    }
  }
  return found;
}

void host_flip(float tensor[ES_POINTS][ES_CHANNELS]) { es_stroke_flip(tensor); }

void host_view(float tensor[ES_POINTS][ES_CHANNELS], const double trust[2], int view,
               float viewed[ES_POINTS][ES_CHANNELS]) {
  es_stroke_facts facts = {0};
  facts.trust[0] = (es_real)trust[0];
  facts.trust[1] = (es_real)trust[1];
  es_stroke_view((const float (*)[ES_CHANNELS])tensor, &facts, view, viewed);
}

void host_mean_scores(int views, const float *scores, const float *weights, int count,
                      float *result) {
  es_view_mean mean = {0};
  int view;
  for (view = 0; view < views; view++) {
    es_add_view(&mean, scores + view * count, count, (es_real)weights[view]);
  }
  es_mean_scores(&mean, count, result);
}

void host_decision_init(void) { es_decision_init(&decision); }

/* `stroke` is (start, end, decided, joined, agreement, lateral). Writes the label and the score,
 * then the number of retracted answers and the time of each. */
void host_decide(const double stroke[8], const float *first, const float *other, int count,
                 int digits, int upside_down, const float *thresholds, double result[6]) {
  es_labels labels = {count, digits, upside_down, thresholds};
  es_stroke_facts facts = {stroke[0], stroke[1], stroke[2], (int)stroke[3], (es_real)stroke[4],
                           {(es_real)stroke[5], (es_real)stroke[6], (es_real)stroke[7]},
                           {1, 1}, {0, 0}};
  es_verdict verdict;
  int k;
  es_decide(&decision, &facts, first, other, &labels, &verdict);
  result[0] = verdict.label;
  result[1] = (double)verdict.score;
  result[2] = verdict.retracted_count;
  for (k = 0; k < verdict.retracted_count; k++) result[3 + k] = verdict.retracted[k].detected;
}
"""


@dataclass(frozen=True)
class Strokes:
    """The strokes that were found in a stream."""

    spans: NDArray[np.float64]
    """(n, 7) times of the first row, last row, end and decision; number of movements; whether it is
    too long; whether it is torn."""
    facts: NDArray[np.float64]
    """(n, 8) agreement, lateral axis, trust in angle and position, clipped shares."""
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
        spans, facts = np.empty((MAX_STROKES, 7)), np.empty((MAX_STROKES, 8))
        tensors = np.empty((MAX_STROKES, POINTS, CHANNELS), np.float32)
        arrays = (t, samples, spans, facts, tensors)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
        count = self.library.host_run(
            ctypes.c_double(hang), len(t), *pointers[:2], MAX_STROKES, *pointers[2:]
        )
        return Strokes(spans[:count], facts[:count], tensors[:count])

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

    def flipped(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result = np.array(tensor, np.float32, order="C")
        self.library.host_flip(ctypes.c_void_p(result.ctypes.data))
        return result

    def view(
        self, tensor: NDArray[np.float32], trust: NDArray[np.float64], view: int
    ) -> NDArray[np.float32]:
        result = np.empty_like(tensor)
        arrays = [np.ascontiguousarray(array) for array in (tensor, trust)]
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (*arrays, result)]
        self.library.host_view(*pointers[:2], view, pointers[2])
        return result

    def mean_scores(
        self, scores: NDArray[np.float32], weights: Sequence[float]
    ) -> NDArray[np.float32]:
        """The mean of the scores of the views, (views, labels)."""
        of_views, result = np.array(weights, np.float32), np.empty(scores.shape[1], np.float32)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (scores, of_views, result)]
        self.library.host_mean_scores(len(scores), *pointers[:2], scores.shape[1], pointers[2])
        return result

    def decide(
        self,
        stroke: Sequence[float],
        scores: NDArray[np.float32],
        thresholds: Sequence[float],
        upside_down: int,
    ) -> tuple[int, float, list[float]]:
        """Return the label (-1 for none), the score and the times of the retracted answers.

        `stroke` is (start, end, decided, joined, agreement, lateral axis).
        """
        facts, result = np.array(stroke, np.float64), np.zeros(6)
        limits = np.array(thresholds, np.float32)
        first, other = (np.ascontiguousarray(row, np.float32) for row in scores)
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (facts, first, other, limits, result)]
        self.library.host_decide(*pointers[:3], len(first), len(limits), upside_down, *pointers[3:])
        retracted = int(result[2])
        return int(result[0]), float(result[1]), result[3 : 3 + retracted].tolist()
