/* From the signals of the sensor to the trajectories that the hand drew, whatever the sensor's
 * pose. The same algorithm as in edge/features/motion/pose.py, which gives the reasons. */
#ifndef ES_POSE_H
#define ES_POSE_H

#include "es_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory for the computation; everything in it is overwritten. The input is in `acceleration` and
 * `angular_velocity`, averaged over bins. */
typedef struct {
  es_path acceleration, angular_velocity, velocity;
  union {
    es_matrix rotations[ES_INTEGRATION_BINS];
    struct {
      es_path angle, position, angular_velocity;
    } path;
    es_real column[ES_MAX_ROWS]; /* one axis of the samples, while the bins are filled */
  } shared;
} es_workspace;

typedef struct {
  es_real agreement[2]; /* of angle and position, to the right and upwards; the sum is 0 to 3 */
  es_real imbalance;    /* logarithm of the velocity that contradicts rest at both ends */
  es_real lateral[3];   /* the direction to the right, in the sensor's axes at mid-stroke */
} es_pose;

/* Computes the trajectories of a stroke that took `duration` seconds, under the first sign of the
 * lateral axis: angle, position, angular velocity and velocity, each right and up. */
void es_pose_trajectories(es_workspace *work, es_real duration, es_pose *pose,
                          float tensor[ES_POINTS][ES_CHANNELS]);

#ifdef __cplusplus
}
#endif
#endif
