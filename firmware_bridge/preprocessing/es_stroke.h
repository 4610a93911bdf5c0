/* From a stroke of the gate to the model's int8 input. The same algorithms as in declip.py,
 * binning.py, trust.py and inputs.py of edge/features/motion, which give the reasons. */
#ifndef ES_STROKE_H
#define ES_STROKE_H

#include "es_declip.h"
#include "es_gate.h"
#include "es_pose.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ES_INPUTS (ES_POINTS * ES_CHANNELS)

/* What the decision needs beside the scores. */
typedef struct {
  es_time start, end, decided;
  int joined;
  es_real agreement;  /* how strongly it supports the first sign of the lateral axis */
  es_real lateral[3]; /* the direction to the right under the first sign, in the sensor's axes */
  es_real trust[2];   /* in angle and position, 0 to 1 */
  es_real clipped[2]; /* share of the samples that accelerometer and gyroscope clipped */
} es_stroke_facts;

/* Whether the stroke can be recognised: not endless, not torn, and with gravity. */
int es_stroke_usable(const es_gate *gate, const es_span *span);

/* Computes the model's input before quantisation, under the first sign of the lateral axis. */
void es_stroke_tensor(const es_gate *gate, const es_span *span, es_workspace *work,
                      es_stroke_facts *facts, float tensor[ES_POINTS][ES_CHANNELS]);

/* A view of the stroke: 0 both trajectories, 1 the angle alone, 2 the position alone. The same as in
 * edge/features/motion/views.py. */
#define ES_VIEWS 3
void es_stroke_view(const float tensor[ES_POINTS][ES_CHANNELS], const es_stroke_facts *facts,
                    int view, float viewed[ES_POINTS][ES_CHANNELS]);

/* Changes the tensor to that under the other sign. */
void es_stroke_flip(float tensor[ES_POINTS][ES_CHANNELS]);

/* Quantises to the model's levels, with its input scale and zero point. */
void es_quantise(const float *tensor, int count, float scale, int zero_point, int8_t *levels);

#ifdef __cplusplus
}
#endif
#endif
