/* How fast the hand turns and accelerates, without vibrations; and the bias of the gyroscope. The
 * same algorithm as in edge/features/motion/activity.py, which gives the reasons. */
#ifndef ES_ACTIVITY_H
#define ES_ACTIVITY_H

#include "es_real.h"
#include "es_constants.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  es_real activity; /* rad/s */
  es_real bias[3];
  es_real before[3], fast[3], gravity[3], turn[3], mean_rate[3];
  es_real unsteadiness;
  int empty; /* no sample yet */
} es_activity;

/* Forgets the samples, but not the bias. */
void es_activity_reset(es_activity *meter);

/* Takes one sample, `step` seconds after the last one. */
void es_activity_update(es_activity *meter, const es_real sample[6], es_real step);

#ifdef __cplusplus
}
#endif
#endif
