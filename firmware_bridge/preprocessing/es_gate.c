#include "es_gate.h"

#include <string.h>


static void reset(es_gate *gate) {
  gate->first = gate->count = 0;
  gate->unsteadiness = 1;
  gate->rest_activity = gate->activity = gate->peak = 0;
  gate->empty = 1;
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

static void drop_oldest(es_gate *gate) {
  gate->first = es_gate_row(gate, 1);
  gate->count--;
}

static void keep_last(es_gate *gate, es_time seconds) {
  while (time_of(gate, gate->count - 1) - time_of(gate, 0) > seconds) drop_oldest(gate);
}

/* Update activity, gravity, mean turn rate and bias with one sample. */
static void update(es_gate *gate, const es_real sample[6], es_real step) {
  const es_real *accel = sample, *gyro = sample + 3;
  es_real slow = step / (ES_LEVEL + step), fast = step / (ES_SMOOTHING + step);
  es_real push = 0, turn = 0, deviation = 0, sum;
  int k;
  if (gate->empty) {
    memcpy(gate->gravity, accel, sizeof gate->gravity);
    memcpy(gate->mean_rate, gyro, sizeof gate->mean_rate);
  }
  for (k = 0; k < 3; k++) {
    es_real push_k, turn_k, deviation_k;
    gate->gravity[k] += slow * (accel[k] - gate->gravity[k]);
    gate->mean_rate[k] += slow * (gyro[k] - gate->mean_rate[k]);
    push_k = accel[k] - gate->gravity[k];
    turn_k = gyro[k] - gate->bias[k];
    deviation_k = gyro[k] - gate->mean_rate[k];
    push += push_k * push_k;
    turn += turn_k * turn_k;
    deviation += deviation_k * deviation_k;
  }
  push = es_sqrt(push);
  sum = es_sqrt(turn) + ES_ACCEL_WEIGHT * push;
  gate->activity += fast * (sum - gate->activity);
  sum = es_sqrt(deviation) + ES_ACCEL_WEIGHT * push;
  gate->unsteadiness += slow * (sum - gate->unsteadiness);
  if (gate->unsteadiness < ES_REST_FOR_BIAS) {
    es_real weight = step / (ES_BIAS_TIME + step);
    for (k = 0; k < 3; k++) {
      if (es_fabs(gate->mean_rate[k]) < ES_LARGEST_BIAS) {
        gate->bias[k] += weight * (gate->mean_rate[k] - gate->bias[k]);
      }
    }
  }
}

static void append(es_gate *gate, es_time t, const es_real sample[6]) {
  int row, k;
  if (gate->count == ES_MAX_ROWS) drop_oldest(gate);
  row = es_gate_row(gate, gate->count++);
  gate->t[row] = t;
  gate->activities[row] = gate->activity;
  for (k = 0; k < 6; k++) {
    gate->value[row][k] = k < 3 ? sample[k] : sample[k] - gate->bias[k - 3];
  }
}

/* The activity below which this hand rests. */
static es_real rest_threshold(const es_gate *gate) {
  es_real threshold = ES_SHAKY * gate->rest_activity;
  if (threshold < ES_QUIET) threshold = ES_QUIET;
  return threshold < ES_LEAST_QUIET ? threshold : ES_LEAST_QUIET;
}

/* Keep the rows since the hand last rested, and a margin before them. */
static void begin_stroke(es_gate *gate, es_time t) {
  es_real threshold = rest_threshold(gate);
  es_time first_t;
  int resting = gate->count - 1;
  gate->in_stroke = 1;
  gate->started = gate->active_t = t;
  gate->peak = gate->activity;
  while (resting > 0 && !(gate->activities[es_gate_row(gate, resting)] < threshold)) resting--;
  first_t = time_of(gate, resting) - ES_MARGIN;
  while (time_of(gate, 0) < first_t) drop_oldest(gate);
}

/* Fill `span` with the current stroke; return 0 if it is too faint or too short. */
static int end_stroke(es_gate *gate, es_span *span) {
  es_time until = gate->active_t + ES_MARGIN;
  gate->in_stroke = 0;
  span->count = gate->count;
  while (span->count && time_of(gate, span->count - 1) > until) span->count--;
  span->end = gate->active_t;
  span->decided = time_of(gate, gate->count - 1);
  span->too_long = gate->active_t - gate->started > ES_LONGEST;
  gate->found = 1; /* the caller reads the rows of the stroke: the next push drops them */
  return gate->peak >= ES_FAINT && span->count >= ES_FEWEST &&
         time_of(gate, span->count - 1) - time_of(gate, 0) >= ES_SHORTEST;
}

static int take(es_gate *gate, es_time t, const es_real sample[6], es_span *span) {
  es_real step = gate->empty ? 0 : (es_real)(t - gate->last_t), threshold;
  gate->last_t = t;
  update(gate, sample, step);
  gate->empty = 0;
  append(gate, t, sample);
  if (!gate->in_stroke) {
    if (gate->activity > ES_BEGIN) {
      begin_stroke(gate, t);
    } else {
      es_real weight = step / (ES_CALM_TIME + step);
      gate->rest_activity += weight * (gate->activity - gate->rest_activity);
      keep_last(gate, ES_PREROLL);
    }
    return 0;
  }
  if (gate->activity > gate->peak) gate->peak = gate->activity;
  threshold = rest_threshold(gate);
  if (threshold < ES_QUIET_SHARE * gate->peak) threshold = ES_QUIET_SHARE * gate->peak;
  if (gate->activity > threshold) {
    gate->active_t = t;
    if (t - gate->started > ES_LONGEST) keep_last(gate, ES_LONGEST);
    return 0;
  }
  return t - gate->active_t >= gate->hangover ? end_stroke(gate, span) : 0;
}

int es_gate_push(es_gate *gate, es_time t, const es_real sample[6], es_span *span) {
  if (gate->has_pending) {
    es_real pending[6];
    memcpy(pending, gate->pending, sizeof pending);
    reset(gate);
    take(gate, gate->pending_t, pending, span); /* the first sample completes no stroke */
  }
  if (gate->found) {
    keep_last(gate, ES_PREROLL);
    gate->found = 0;
  }
  if (!gate->empty && t - gate->last_t > ES_GAP) { /* a gap ends the stroke */
    int interrupted = gate->in_stroke && end_stroke(gate, span);
    gate->pending_t = t;
    memcpy(gate->pending, sample, sizeof gate->pending);
    gate->has_pending = 1;
    gate->last_t = t;
    return interrupted;
  }
  return take(gate, t, sample, span);
}

int es_gate_finish(es_gate *gate, es_span *span) {
  return gate->in_stroke && !gate->has_pending && end_stroke(gate, span);
}
