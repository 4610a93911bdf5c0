#include "es_gate.h"

#include <string.h>

static void reset(es_gate *gate) {
  es_activity_reset(&gate->meter);
  gate->first = gate->count = gate->pieces.count = 0;
  gate->rest_activity = gate->peak = 0;
  gate->in_stroke = gate->found = gate->has_pending = 0;
}

void es_gate_init(es_gate *gate, es_time hangover) {
  memset(gate, 0, sizeof *gate);
  gate->hangover = hangover;
  reset(gate);
}

void es_gate_to_si(const int16_t counts[6], es_real sample[6]) {
  int k;
  for (k = 0; k < 6; k++) {
    sample[k] = counts[k] * (k < 3 ? ES_ACCEL_UNIT : ES_GYRO_UNIT);
  }
}

int es_gate_row(const es_gate *gate, int k) {
  int row = gate->first + k;
  return row < ES_MAX_ROWS ? row : row - ES_MAX_ROWS;
}

static es_time time_of(const es_gate *gate, int k) { return gate->t[es_gate_row(gate, k)]; }

static es_real activity_of(const es_gate *gate, int k) {
  return gate->activities[es_gate_row(gate, k)];
}

static void drop_oldest(es_gate *gate) {
  gate->first = es_gate_row(gate, 1);
  gate->count--;
}

static void drop_before(es_gate *gate, es_time t) {
  while (time_of(gate, 0) < t) drop_oldest(gate);
}

/* Drop the samples to which no stroke can reach back any more. */
static void drop_unneeded(es_gate *gate, es_time t) {
  es_time first = gate->in_stroke ? gate->start : t - ES_PREROLL;
  es_pieces_pass_time(&gate->pieces, t, !gate->in_stroke);
  if (gate->pieces.count && gate->pieces.start[0] < first) first = gate->pieces.start[0];
  drop_before(gate, first);
}

static void append(es_gate *gate, es_time t, const es_real sample[6]) {
  int row, k;
  if (gate->count == ES_MAX_ROWS) drop_oldest(gate);
  row = es_gate_row(gate, gate->count++);
  gate->t[row] = t;
  gate->activities[row] = gate->meter.activity;
  for (k = 0; k < 6; k++) {
    gate->value[row][k] = k < 3 ? sample[k] : sample[k] - gate->meter.bias[k - 3];
  }
}

/* The activity below which this hand rests. */
static es_real rest_threshold(const es_gate *gate) {
  es_real threshold = ES_SHAKY * gate->rest_activity;
  if (threshold < ES_QUIET) threshold = ES_QUIET;
  return threshold < ES_LEAST_QUIET ? threshold : ES_LEAST_QUIET;
}

/* Find the beginning: the activity rose since the hand last rested. */
static void begin_stroke(es_gate *gate, es_time t) {
  es_real threshold = rest_threshold(gate);
  es_time start = t;
  int k = gate->count - 1;
  gate->in_stroke = 1;
  gate->started = gate->active_t = t;
  gate->peak = gate->meter.activity;
  while (k >= 0 && !(activity_of(gate, k) < threshold) && !(t - time_of(gate, k) > ES_PREROLL)) {
    start = time_of(gate, k--);
  }
  gate->start = start - ES_MARGIN;
  drop_unneeded(gate, t);
}

/* Write the rows of [start, end] to `span`. */
static void select_rows(const es_gate *gate, es_time start, es_time end, es_span *span) {
  span->first = 0;
  while (span->first < gate->count && time_of(gate, span->first) < start) span->first++;
  span->count = 0;
  while (span->first + span->count < gate->count &&
         time_of(gate, span->first + span->count) <= end) {
    span->count++;
  }
}

/* Remove the slow parts at both ends. */
static void trim(const es_gate *gate, es_time *start, es_time *end) {
  es_real least = ES_TRIM_SHARE * gate->peak;
  es_time first = 0, last = 0;
  int k, fast = 0;
  for (k = 0; k < gate->count; k++) {
    es_time t = time_of(gate, k);
    if (t < *start || t > *end || activity_of(gate, k) < least) continue;
    if (!fast) first = t;
    last = t;
    fast = 1;
  }
  if (!fast) return;
  if (first - ES_MARGIN > *start) *start = first - ES_MARGIN;
  if (last + ES_MARGIN < *end) *end = last + ES_MARGIN;
}

/* Fill `spans` with the current stroke, alone and joined; none if it is too faint or too short. */
static int end_stroke(es_gate *gate, int torn, es_span spans[ES_PIECES]) {
  es_time start = gate->start, end = gate->active_t + ES_MARGIN, starts[ES_PIECES];
  int too_long = gate->active_t - gate->started > ES_LONGEST, count = 1, found = 0, k;
  if (start < time_of(gate, 0)) start = time_of(gate, 0);
  trim(gate, &start, &end);
  gate->in_stroke = 0;
  gate->found = 1; /* the caller reads the rows of the stroke: the next push drops them */
  if (gate->peak < ES_FAINT || end - start < ES_SHORTEST) return 0;
  if (too_long) {
    gate->pieces.count = 0;
    starts[0] = start;
  } else {
    count = es_pieces_joins(&gate->pieces, start, end, starts);
  }
  for (k = 0; k < count; k++) {
    es_span *span = &spans[found];
    select_rows(gate, starts[k], end, span);
    if (span->count < ES_FEWEST) continue;
    span->joined = k + 1;
    span->end = gate->active_t;
    span->decided = time_of(gate, gate->count - 1);
    span->too_long = too_long;
    span->torn = torn || (gate->after_gap && gate->start - gate->gap_t <= ES_MARGIN);
    found++;
  }
  return found;
}

static int take(es_gate *gate, es_time t, const es_real sample[6], es_span spans[ES_PIECES]) {
  es_real step = gate->meter.empty ? 0 : (es_real)(t - gate->last_t), threshold;
  gate->last_t = t;
  es_activity_update(&gate->meter, sample, step);
  append(gate, t, sample);
  if (!gate->in_stroke) {
    if (gate->meter.activity > ES_BEGIN) {
      begin_stroke(gate, t);
    } else {
      es_real weight = step / (ES_CALM_TIME + step);
      gate->rest_activity += weight * (gate->meter.activity - gate->rest_activity);
      drop_unneeded(gate, t);
    }
    return 0;
  }
  if (gate->meter.activity > gate->peak) gate->peak = gate->meter.activity;
  if (t - time_of(gate, 0) > ES_MEMORY) drop_unneeded(gate, t);
  threshold = rest_threshold(gate);
  if (threshold < ES_QUIET_SHARE * gate->peak) threshold = ES_QUIET_SHARE * gate->peak;
  if (gate->meter.activity > threshold) {
    gate->active_t = t;
    if (t - gate->started > ES_LONGEST) drop_before(gate, t - ES_LONGEST);
    return 0;
  }
  return t - gate->active_t >= gate->hangover ? end_stroke(gate, 0, spans) : 0;
}

int es_gate_push(es_gate *gate, es_time t, const es_real sample[6], es_span spans[ES_PIECES]) {
  if (gate->has_pending) {
    es_real pending[6];
    memcpy(pending, gate->pending, sizeof pending);
    reset(gate);
    gate->after_gap = 1;
    gate->gap_t = gate->pending_t;
    take(gate, gate->pending_t, pending, spans); /* the first sample completes no stroke */
  }
  if (gate->found) {
    drop_unneeded(gate, gate->last_t);
    gate->found = 0;
  }
  if (!gate->meter.empty && t - gate->last_t > ES_GAP) { /* a gap ends the stroke */
    int interrupted = gate->in_stroke ? end_stroke(gate, 1, spans) : 0;
    gate->pending_t = t;
    memcpy(gate->pending, sample, sizeof gate->pending);
    gate->has_pending = 1;
    gate->last_t = t;
    return interrupted;
  }
  return take(gate, t, sample, spans);
}

int es_gate_finish(es_gate *gate, es_span spans[ES_PIECES]) {
  return gate->in_stroke && !gate->has_pending ? end_stroke(gate, 0, spans) : 0;
}
