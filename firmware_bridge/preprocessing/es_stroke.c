#include "es_stroke.h"

#include <string.h>

static es_time time_of(const es_gate *gate, const es_span *span, int k) {
  return gate->t[es_gate_row(gate, span->first + k)];
}

static es_real duration_of(const es_gate *gate, const es_span *span) {
  return (es_real)(time_of(gate, span, span->count - 1) - time_of(gate, span, 0));
}

/* Computes the means of a column in equal spans of time, for one axis of a path. */
static void fill_bins(const es_gate *gate, const es_span *span, const es_real *column,
                      es_path path, int axis) {
  es_time start = time_of(gate, span, 0);
  es_real duration = duration_of(gate, span);
  es_real area = 0, from = 0; /* `area`: the integral since the last edge of a bin */
  int count = span->count, bin = 0, k;
  for (k = 1; k < count && bin < ES_INTEGRATION_BINS; k++) {
    es_real to = (es_real)(time_of(gate, span, k) - start), step = to - from;
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

static es_real bounded(es_real value, es_real low, es_real high) {
  return value < low ? low : value > high ? high : value;
}

/* The same algorithm as in edge/features/motion/trust.py. */
static void trust_in(const es_pose *pose, es_real duration, es_stroke_facts *facts) {
  static const es_real weights[2][7] = {ES_ANGLE_WEIGHTS, ES_POSITION_WEIGHTS};
  es_real measures[7] = {1,
                         pose->agreement[0],
                         pose->agreement[1],
                         es_log(duration),
                         pose->imbalance,
                         es_sqrt(facts->clipped[0]),
                         es_sqrt(facts->clipped[1])};
  int which, k;
  for (which = 0; which < 2; which++) {
    es_real expected = 0;
    for (k = 0; k < 7; k++) {
      es_real measure = bounded(measures[k], -ES_LARGEST_MEASURE, ES_LARGEST_MEASURE);
      expected += weights[which][k] * measure;
    }
    facts->trust[which] =
        bounded((expected - ES_UNTRUSTED) / (ES_TRUSTED - ES_UNTRUSTED), ES_LEAST_TRUST, 1);
  }
}

int es_stroke_usable(const es_gate *gate, const es_span *span) {
  es_real squares = 0;
  int axis, k;
  if (span->too_long || span->torn) return 0;
  for (axis = 0; axis < 3; axis++) {
    es_real sum = 0;
    for (k = 0; k < span->count; k++) {
      sum += gate->value[es_gate_row(gate, span->first + k)][axis];
    }
    squares += sum / span->count * (sum / span->count);
  }
  return es_sqrt(squares) >= ES_LEAST_GRAVITY;
}

void es_stroke_tensor(const es_gate *gate, const es_span *span, es_workspace *work,
                      es_stroke_facts *facts, float tensor[ES_POINTS][ES_CHANNELS]) {
  es_real *column = work->shared.column, duration = duration_of(gate, span);
  es_pose pose;
  int axis, k, point;
  facts->start = time_of(gate, span, 0);
  facts->end = span->end;
  facts->decided = span->decided;
  facts->joined = span->joined;
  for (axis = 0; axis < 6; axis++) {
    static es_flags flags;
    if (axis % 3 == 0) memset(flags, 0, sizeof flags);
    for (k = 0; k < span->count; k++) {
      column[k] = gate->value[es_gate_row(gate, span->first + k)][axis];
    }
    es_flag_plateaus(column, span->count, flags);
    if (axis % 3 == 2) facts->clipped[axis / 3] = es_flagged_share(flags, span->count);
    if (axis >= 3) es_declip(column, span->count);
    fill_bins(gate, span, column, axis < 3 ? work->acceleration : work->angular_velocity,
              axis % 3);
  }
  es_pose_trajectories(work, duration, &pose, tensor);
  trust_in(&pose, duration, facts);
  facts->agreement = pose.agreement[0] + pose.agreement[1];
  memcpy(facts->lateral, pose.lateral, sizeof pose.lateral);
  for (point = 0; point < ES_POINTS; point++) {
    /* Angle and angular velocity are channels 0, 1, 4, 5. */
    for (k = 0; k < ES_CHANNELS; k++) tensor[point][k] *= (float)facts->trust[k / 2 % 2];
  }
}

void es_stroke_view(const float tensor[ES_POINTS][ES_CHANNELS], const es_stroke_facts *facts,
                    int view, float viewed[ES_POINTS][ES_CHANNELS]) {
  float scale[2] = {1, 1}; /* of angle and position */
  int point, k;
  if (view) {
    scale[view - 1] = 1 / (float)facts->trust[view - 1];
    scale[2 - view] = 0;
  }
  for (point = 0; point < ES_POINTS; point++) {
    for (k = 0; k < ES_CHANNELS; k++) viewed[point][k] = tensor[point][k] * scale[k / 2 % 2];
  }
}

void es_stroke_flip(float tensor[ES_POINTS][ES_CHANNELS]) {
  int point, k;
  for (point = 0; point < ES_POINTS; point++) {
    /* "Up" of angle and angular velocity, "right" of position and velocity. */
    for (k = 1; k < ES_CHANNELS; k += k % 4 == 1 ? 1 : 3) tensor[point][k] = -tensor[point][k];
  }
}

void es_quantise(const float *tensor, int count, float scale, int zero_point, int8_t *levels) {
  int k;
  for (k = 0; k < count; k++) {
    float level = rintf(tensor[k] / scale) + (float)zero_point;
    levels[k] = (int8_t)(level < -128 ? -128 : level > 127 ? 127 : level);
  }
}
