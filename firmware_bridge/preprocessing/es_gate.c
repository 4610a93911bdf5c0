#include "es_gate.h"

#include <string.h>


static void forget(es_gate *gate) {
  gate->first = gate->count = 0;
  gate->unsteady = 1;
  gate->calm = gate->now = gate->peak = 0;
  gate->fresh = 1;
  gate->drawing = gate->found = gate->has_waiting = 0;
}

void es_gate_init(es_gate *gate, es_time hang) {
  memset(gate, 0, sizeof *gate);
  gate->hang = hang;
  forget(gate);
}

void es_gate_units(const int16_t counts[6], es_real sample[6]) {
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

static void drop_oldest(es_gate *gate) {
  gate->first = es_gate_row(gate, 1);
  gate->count--;
}

static void drop_older_than(es_gate *gate, es_time seconds) {
  while (time_of(gate, gate->count - 1) - time_of(gate, 0) > seconds) drop_oldest(gate);
}

/* Update liveliness, resting acceleration and bias with one sample. */
static void feel(es_gate *gate, const es_real sample[6], es_real step) {
  const es_real *accel = sample, *gyro = sample + 3;
  es_real toward_level = step / (ES_LEVEL + step), toward_now = step / (ES_SMOOTHING + step);
  es_real push = 0, turn = 0, unsteady = 0, felt;
  int k;
  if (gate->fresh) {
    memcpy(gate->level, accel, sizeof gate->level);
    memcpy(gate->mean, gyro, sizeof gate->mean);
  }
  for (k = 0; k < 3; k++) {
    es_real pushed, turned, shaken;
    gate->level[k] += toward_level * (accel[k] - gate->level[k]);
    gate->mean[k] += toward_level * (gyro[k] - gate->mean[k]);
    pushed = accel[k] - gate->level[k];
    turned = gyro[k] - gate->bias[k];
    shaken = gyro[k] - gate->mean[k];
    push += pushed * pushed;
    turn += turned * turned;
    unsteady += shaken * shaken;
  }
  push = es_sqrt(push);
  felt = es_sqrt(turn) + ES_ACCEL_WEIGHT * push;
  gate->now += toward_now * (felt - gate->now);
  felt = es_sqrt(unsteady) + ES_ACCEL_WEIGHT * push;
  gate->unsteady += toward_level * (felt - gate->unsteady);
  if (gate->unsteady < ES_REST_FOR_BIAS) {
    es_real toward_bias = step / (ES_BIAS_TIME + step);
    for (k = 0; k < 3; k++) {
      if (es_fabs(gate->mean[k]) < ES_LARGEST_BIAS) {
        gate->bias[k] += toward_bias * (gate->mean[k] - gate->bias[k]);
      }
    }
  }
}

static void keep(es_gate *gate, es_time t, const es_real sample[6]) {
  int row, k;
  if (gate->count == ES_MAX_ROWS) drop_oldest(gate);
  row = es_gate_row(gate, gate->count++);
  gate->t[row] = t;
  gate->lively[row] = gate->now;
  for (k = 0; k < 6; k++) {
    gate->value[row][k] = k < 3 ? sample[k] : sample[k] - gate->bias[k - 3];
  }
}

/* Below this, this hand rests. */
static es_real quiet_level(const es_gate *gate) {
  es_real level = ES_SHAKY * gate->calm;
  if (level < ES_QUIET) level = ES_QUIET;
  return level < ES_LEAST_QUIET ? level : ES_LEAST_QUIET;
}

static void begin(es_gate *gate, es_time t) {
  es_real level = quiet_level(gate);
  es_time from;
  int quiet = gate->count - 1;
  gate->drawing = 1;
  gate->started = gate->loud_at = t;
  gate->peak = gate->now;
  /* Back to where it was last quiet, plus a margin. */
  while (quiet > 0 && !(gate->lively[es_gate_row(gate, quiet)] < level)) quiet--;
  from = time_of(gate, quiet) - ES_MARGIN;
  while (time_of(gate, 0) < from) drop_oldest(gate);
}

static int end(es_gate *gate, es_span *span) {
  es_time until = gate->loud_at + ES_MARGIN;
  gate->drawing = 0;
  span->count = gate->count;
  while (span->count && time_of(gate, span->count - 1) > until) span->count--;
  span->end = gate->loud_at;
  span->decided = time_of(gate, gate->count - 1);
  span->too_long = gate->loud_at - gate->started > ES_LONGEST;
  gate->found = 1; /* its rows stay for the caller to read: the next push drops them */
  return gate->peak >= ES_FAINT && span->count >= ES_FEWEST &&
         time_of(gate, span->count - 1) - time_of(gate, 0) >= ES_SHORTEST;
}

static int take(es_gate *gate, es_time t, const es_real sample[6], es_span *span) {
  es_real step = gate->fresh ? 0 : (es_real)(t - gate->last_t), quiet;
  gate->last_t = t;
  feel(gate, sample, step);
  gate->fresh = 0;
  keep(gate, t, sample);
  if (!gate->drawing) {
    if (gate->now > ES_BEGIN) {
      begin(gate, t);
    } else {
      gate->calm += step / (ES_CALM_TIME + step) * (gate->now - gate->calm);
      drop_older_than(gate, ES_PREROLL);
    }
    return 0;
  }
  if (gate->now > gate->peak) gate->peak = gate->now;
  quiet = quiet_level(gate);
  if (quiet < ES_QUIET_SHARE * gate->peak) quiet = ES_QUIET_SHARE * gate->peak;
  if (gate->now > quiet) {
    gate->loud_at = t;
    if (t - gate->started > ES_LONGEST) drop_older_than(gate, ES_LONGEST);
    return 0;
  }
  return t - gate->loud_at >= gate->hang ? end(gate, span) : 0;
}

int es_gate_push(es_gate *gate, es_time t, const es_real sample[6], es_span *span) {
  if (gate->has_waiting) {
    es_real waiting[6];
    memcpy(waiting, gate->waiting, sizeof waiting);
    forget(gate);
    take(gate, gate->waiting_t, waiting, span); /* the first sample of all finds nothing */
  }
  if (gate->found) {
    drop_older_than(gate, ES_PREROLL);
    gate->found = 0;
  }
  if (!gate->fresh && t - gate->last_t > ES_GAP) { /* the stroke is torn */
    int torn = gate->drawing && end(gate, span);
    gate->waiting_t = t;
    memcpy(gate->waiting, sample, sizeof gate->waiting);
    gate->has_waiting = 1;
    gate->last_t = t;
    return torn;
  }
  return take(gate, t, sample, span);
}

int es_gate_finish(es_gate *gate, es_span *span) {
  return gate->drawing && !gate->has_waiting && end(gate, span);
}
