/* From the signals of the sensor to the trajectory that the hand drew, whatever the sensor's pose.
 * The same algorithm as in edge/features/motion/pose.py, which gives the reasons. */
#ifndef ES_POSE_H
#define ES_POSE_H

#include "es_real.h"
#include "es_constants.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef es_real es_path[ES_INTEGRATION_BINS][3];

/* Memory for the computation. The input is in `acceleration` and `angular_velocity`, averaged over
 * bins; everything is overwritten. */
typedef struct {
  es_path acceleration, angular_velocity;
  union {
    struct {
      es_path angle, velocity, position;
    } path;
    es_real column[ES_MAX_ROWS]; /* one axis of the samples, while the bins are filled */
  } shared;
} es_workspace;

/* Computes the model's input before quantisation, from a stroke that took `duration` seconds. */
void es_pose_trajectories(es_workspace *work, es_real duration,
                          float tensor[ES_POINTS][ES_CHANNELS]);

#ifdef __cplusplus
}
#endif
#endif
