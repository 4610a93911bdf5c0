/* The motion gate: where a stroke begins and where it ends. The C twin of edge/features/motion/gate.py,
 * where the reasons are. Takes samples one by one, keeps a bounded number, needs no heap. */
#ifndef ES_GATE_H
#define ES_GATE_H

#include <stdint.h>

#include "es_real.h"
#include "es_constants.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A stroke found: `count` rows of the gate from its oldest row on, until the next push. */
typedef struct {
  int count;
  es_time end;     /* when the hand came to rest */
  es_time decided; /* when that was known */
  int too_long;    /* no stroke but endless motion: to be ignored */
} es_span;

typedef struct {
  /* A ring of the newest samples: m/s^2, and rad/s with the bias removed. */
  es_time t[ES_MAX_ROWS];
  es_real value[ES_MAX_ROWS][6];
  es_real lively[ES_MAX_ROWS];
  int first, count;

  es_time hang; /* seconds of quiet that end a stroke */
  es_real bias[3];
  es_real level[3], mean[3];
  es_real unsteady, calm, now, peak;
  es_time started, loud_at, last_t;
  int fresh, drawing, found; /* no sample yet; within a stroke; the last push found one */

  es_time waiting_t; /* a sample after a gap waits until the torn stroke was looked at */
  es_real waiting[6];
  int has_waiting;
} es_gate;

/* For hang, ES_LIVE_HANG. */
void es_gate_init(es_gate *gate, es_time hang);

/* Raw 16-bit readings at +-ES_ACCEL_G and +-ES_GYRO_DPS, in SI units. */
void es_gate_units(const int16_t counts[6], es_real sample[6]);

/* Take one sample, m/s^2 and rad/s; 1 when it completes a stroke. Rates above ES_RATE_HZ and a few
 * per cent lose the oldest samples of long strokes. */
int es_gate_push(es_gate *gate, es_time t, const es_real sample[6], es_span *span);

/* The stroke that the end of the stream cuts short. */
int es_gate_finish(es_gate *gate, es_span *span);

/* Row `k` of what the gate holds, 0 is the oldest: index into t, value and lively. */
int es_gate_row(const es_gate *gate, int k);

#ifdef __cplusplus
}
#endif
#endif
