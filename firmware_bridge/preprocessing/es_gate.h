/* The motion gate: finds where a stroke begins and where it ends. The same algorithm as in
 * edge/features/motion/gate.py, which gives the reasons. It takes one sample at a time and keeps a
 * bounded number of samples, without a heap. */
#ifndef ES_GATE_H
#define ES_GATE_H

#include <stdint.h>

#include "es_activity.h"
#include "es_pieces.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A stroke, or several that may be one stroke: `count` rows of the gate from `first` on (0 is the
 * oldest), which are valid until the next push. */
typedef struct {
  int first, count;
  int joined;      /* number of movements in it */
  es_time end;     /* when the hand came to rest */
  es_time decided; /* time of the sample with which the end was known */
  int too_long;    /* not a stroke but endless motion: ignore it */
  int torn;        /* samples are missing directly before or after it: ignore it */
} es_span;

typedef struct {
  /* A ring buffer of the newest samples: m/s^2, and rad/s with the bias removed. */
  es_time t[ES_MAX_ROWS];
  es_real value[ES_MAX_ROWS][6];
  es_real activities[ES_MAX_ROWS];
  int first, count;

  es_time hangover; /* seconds of rest that end a stroke */
  es_activity meter;
  es_pieces pieces;
  es_real rest_activity, peak;
  es_time started, start, active_t, last_t; /* BEGIN exceeded, begin of the stroke, last active
                                               sample, last sample */
  es_time gap_t;                            /* when samples came again after the newest gap */
  int after_gap;                            /* there was a gap */
  int in_stroke;
  int found; /* the last push found a stroke */

  es_time pending_t; /* a sample after a gap: it is taken with the next push */
  es_real pending[6];
  int has_pending;
} es_gate;

/* For a live stream, `hangover` is ES_LIVE_HANG. */
void es_gate_init(es_gate *gate, es_time hangover);

/* Converts raw 16-bit samples at +-ES_ACCEL_G and +-ES_GYRO_DPS to SI units. */
void es_gate_to_si(const int16_t counts[6], es_real sample[6]);

/* Takes one sample in m/s^2 and rad/s; returns the number of strokes that it completes: the newest
 * movement alone, then joined to those before it. At rates more than a few per cent above
 * ES_RATE_HZ, the oldest samples of long strokes are lost. */
int es_gate_push(es_gate *gate, es_time t, const es_real sample[6], es_span spans[ES_PIECES]);

/* Ends the stream; returns the number of strokes that this completes. */
int es_gate_finish(es_gate *gate, es_span spans[ES_PIECES]);

/* Returns the index of row `k` (0 is the oldest) in t, value and activities. */
int es_gate_row(const es_gate *gate, int k);

#ifdef __cplusplus
}
#endif
#endif
