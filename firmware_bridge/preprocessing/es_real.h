/* The number type. An ESP32 computes float in hardware. With ES_DOUBLE the same code gives the same
 * model input as Python, bit for bit. */
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
#define es_log log
#define es_exp exp
#define es_pow pow
#define es_tanh tanh
#else
typedef float es_real;
#define es_sqrt sqrtf
#define es_sin sinf
#define es_cos cosf
#define es_atan2 atan2f
#define es_fabs fabsf
#define es_log logf
#define es_exp expf
#define es_pow powf
#define es_tanh tanhf
#endif

/* Seconds since boot: a float could not represent milliseconds after an hour. Times are only added
 * and compared, a few times a sample, which a microcontroller can do in software. */
typedef double es_time;

#endif
