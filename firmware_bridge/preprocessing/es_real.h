/* The number type. float is what an ESP32 computes in hardware; with ES_DOUBLE the same code gives
 * Python's numbers to the last bit of the model's input. */
#ifndef ES_REAL_H
#define ES_REAL_H

#include <math.h>

#ifdef ES_DOUBLE
typedef double es_real;
#define es_sqrt sqrt
#define es_sin sin
#define es_cos cos
#define es_atan2 atan2
#define es_fabs fabs
#else
typedef float es_real;
#define es_sqrt sqrtf
#define es_sin sinf
#define es_cos cosf
#define es_atan2 atan2f
#define es_fabs fabsf
#endif

/* Seconds since boot: a float would lose the milliseconds within an hour. Only added and compared,
 * a few times a sample, which a microcontroller does in software fast enough. */
typedef double es_time;

#endif
