/* Pose removed: from how a sensor was turned and pushed to what the hand drew. The C twin of
 * edge/features/motion/pose.py, where the reasons are. */
#ifndef ES_POSE_H
#define ES_POSE_H

#include "es_real.h"
#include "es_constants.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef es_real es_path[ES_INTEGRATION_BINS][3];

/* What a stroke is computed in. push and spin come in as acceleration and turn rate of the sensor,
 * averaged over bins; all is overwritten. */
typedef struct {
  es_path push, spin;
  union {
    struct {
      es_path turned, moving, moved;
    } path;
    es_real column[ES_MAX_ROWS]; /* of the samples, while the bins are filled */
  } room;
} es_workspace;

/* The model's input before quantisation, of a stroke that took `duration` seconds. */
void es_pose_drawings(es_workspace *work, es_real duration,
                      float tensor[ES_POINTS][ES_CHANNELS]);

#ifdef __cplusplus
}
#endif
#endif
