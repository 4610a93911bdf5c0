#include "es_stroke.h"

/* Replaces the plateau from `start` up to `end` (exclusive) by a cubic through its flanks. */
static void replace_plateau(es_real *column, int start, int end) {
  es_real left = column[start - 1], right = column[end];
  es_real slope_left = left - column[start - 2], slope_right = column[end + 1] - right;
  es_real sign = column[start] < 0 ? (es_real)-1 : (es_real)1;
  int width = end - start + 1, k;
  for (k = 1; k < width; k++) {
    es_real u = k / (es_real)width, uu = u * u, uuu = uu * u;
    es_real peak = (2 * uuu - 3 * uu + 1) * left + (uuu - 2 * uu + u) * width * slope_left +
                   (3 * uu - 2 * uuu) * right + (uuu - uu) * width * slope_right;
    es_real size = es_fabs(column[start + k - 1]);
    column[start + k - 1] = sign * (sign * peak > size ? sign * peak : size);
  }
}

/* Returns the number of samples at the extreme value, from `start` on. */
static int plateau_length(const es_real *column, int start, int count, es_real extreme) {
  int end = start;
  while (end < count && es_fabs(column[end]) >= extreme) end++;
  return end - start;
}

/* Restores peaks of the turn rate that the range of the gyroscope clipped. */
static void declip(es_real *column, int count) {
  es_real extreme = 0;
  int clipped = 0, start, length;
  for (start = 0; start < count; start++) {
    if (es_fabs(column[start]) > extreme) extreme = es_fabs(column[start]);
  }
  extreme *= ES_NEAR;
  for (start = 0; start < count && !clipped; start += length + 1) {
    length = plateau_length(column, start, count, extreme);
    clipped = length >= ES_PLATEAU;
  }
  if (!clipped) return;
  for (start = 0; start < count; start += length + 1) {
    length = plateau_length(column, start, count, extreme);
    if (length >= 2 && start >= 2 && start + length <= count - 2) {
      replace_plateau(column, start, start + length);
    }
  }
}

/* Computes the means of a column in equal spans of time, for one axis of a path. */
static void fill_bins(const es_gate *gate, int count, const es_real *column, es_path path,
                      int axis) {
  es_time start = gate->t[es_gate_row(gate, 0)];
  es_real duration = (es_real)(gate->t[es_gate_row(gate, count - 1)] - start);
  es_real area = 0, from = 0; /* `area`: the integral since the last edge of a bin */
  int bin = 0, k;
  for (k = 1; k < count && bin < ES_INTEGRATION_BINS; k++) {
    es_real to = (es_real)(gate->t[es_gate_row(gate, k)] - start), step = to - from;
    es_real piece = (column[k] + column[k - 1]) / 2 * step;
    for (; bin < ES_INTEGRATION_BINS; bin++) {
      es_real edge = (bin + 1) * duration / ES_INTEGRATION_BINS, at_edge;
      if (edge > to && !(k == count - 1)) break;
      at_edge = edge < to ? area + piece / step * (edge - from) : area + piece;
      path[bin][axis] = at_edge * (ES_INTEGRATION_BINS / duration);
      area -= at_edge;
    }
    area += piece;
    from = to;
  }
}

void es_stroke_tensor(const es_gate *gate, const es_span *span, es_workspace *work,
                      float tensor[ES_POINTS][ES_CHANNELS]) {
  es_real *column = work->shared.column;
  int axis, k;
  for (axis = 0; axis < 6; axis++) {
    for (k = 0; k < span->count; k++) column[k] = gate->value[es_gate_row(gate, k)][axis];
    if (axis >= 3) declip(column, span->count);
    fill_bins(gate, span->count, column, axis < 3 ? work->acceleration : work->angular_velocity,
              axis % 3);
  }
  es_pose_trajectories(work,
                       (es_real)(gate->t[es_gate_row(gate, span->count - 1)] -
                                 gate->t[es_gate_row(gate, 0)]),
                       tensor);
}

void es_quantise(const float *tensor, int count, float scale, int zero_point, int8_t *levels) {
  int k;
  for (k = 0; k < count; k++) {
    float level = rintf(tensor[k] / scale) + (float)zero_point;
    levels[k] = (int8_t)(level < -128 ? -128 : level > 127 ? 127 : level);
  }
}
