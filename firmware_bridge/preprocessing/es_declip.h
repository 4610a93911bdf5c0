/* Restores peaks that the range of the sensor clipped. The same algorithm as in
 * edge/features/motion/declip.py, which gives the reasons. */
#ifndef ES_DECLIP_H
#define ES_DECLIP_H

#include <stdint.h>

#include "es_real.h"
#include "es_constants.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One bit for each sample of a stroke. */
typedef uint8_t es_flags[(ES_MAX_ROWS + 7) / 8];

/* Sets the bits of the samples at which the axis stays at its extreme value. */
void es_flag_plateaus(const es_real *column, int count, es_flags flags);

/* Returns the share of samples whose bit is set. */
es_real es_flagged_share(const es_flags flags, int count);

/* Replaces the plateaus of an axis by peaks. */
void es_declip(es_real *column, int count);

#ifdef __cplusplus
}
#endif
#endif
