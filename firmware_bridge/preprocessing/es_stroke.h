/* From a stroke of the gate to the model's int8 input. The same algorithms as in declip.py, pose.py
 * (`bins`) and stroke.py of edge/features/motion, which give the reasons. */
#ifndef ES_STROKE_H
#define ES_STROKE_H

#include "es_gate.h"
#include "es_pose.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ES_INPUTS (ES_POINTS * ES_CHANNELS)

/* Computes the model's input before quantisation. */
void es_stroke_tensor(const es_gate *gate, const es_span *span, es_workspace *work,
                      float tensor[ES_POINTS][ES_CHANNELS]);

/* Quantises to the model's levels, with its input scale and zero point. */
void es_quantise(const float *tensor, int count, float scale, int zero_point, int8_t *levels);

#ifdef __cplusplus
}
#endif
#endif
