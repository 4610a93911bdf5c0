/* From the signals of the sensor to motion in a fixed frame whose z axis points up. The same
 * algorithm as in edge/features/motion/frame.py, which gives the reasons. */
#ifndef ES_FRAME_H
#define ES_FRAME_H

#include "es_paths.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef es_real es_matrix[3][3];

/* Turns both paths into the frame, in place, and removes gravity from the acceleration; writes the
 * rotation from the sensor's axes to the frame at each bin. Returns the size of gravity. */
es_real es_to_upright_frame(es_path acceleration, es_path angular_velocity, es_real step,
                            es_matrix rotations[ES_INTEGRATION_BINS]);

#ifdef __cplusplus
}
#endif
#endif
