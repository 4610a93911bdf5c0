/* Operations on paths: positions, angles or velocities at each bin. The same algorithms as in
 * edge/features/motion/paths.py, which gives the reasons. */
#ifndef ES_PATHS_H
#define ES_PATHS_H

#include "es_real.h"
#include "es_constants.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef es_real es_path[ES_INTEGRATION_BINS][3];

/* Removes the mean of each axis. */
void es_centre(es_path path);

/* Writes the integral over time, with a mean of zero; `path` may be `rate`. */
void es_integrate(es_path rate, es_real step, es_path path);

/* Writes the velocity of a hand that rests before and after the stroke. */
void es_velocity_between_rests(es_path acceleration, es_real step, es_path velocity);

/* Adds the covariance (xx, xy, yy) in the horizontal plane, relative to the size of the path. */
void es_add_horizontal_covariance(es_path path, es_real spread[3]);

/* The derivative of an axis at bin `n`, per bin. */
es_real es_slope_at(es_path path, int n, int axis);

/* Adds what each of the first two axes contributes to the correlation of two paths. */
void es_add_correlation(es_path a, es_path b, es_real sum[2]);

/* Compresses the proportions of a path, and scales the first two axes of both to unit size. */
void es_normalise(es_path path, es_path velocity);

#ifdef __cplusplus
}
#endif
#endif
