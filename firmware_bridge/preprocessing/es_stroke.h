/* From a stroke that the gate found to the model's int8 input. The C twin of declip.py, of the bins
 * of pose.py and of stroke.py in edge/features, where the reasons are. */
#ifndef ES_STROKE_H
#define ES_STROKE_H

#include "es_gate.h"
#include "es_pose.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ES_INPUTS (ES_POINTS * ES_CHANNELS)

/* The model's input before quantisation. */
void es_stroke_tensor(const es_gate *gate, const es_span *span, es_workspace *work,
                      float tensor[ES_POINTS][ES_CHANNELS]);

/* Rounded and clipped to the model's levels, by its input scale and zero point. */
void es_quantise(const float *tensor, int count, float scale, int zero_point, int8_t *levels);

#ifdef __cplusplus
}
#endif
#endif
