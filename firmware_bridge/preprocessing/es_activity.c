#include "es_activity.h"

#include <string.h>

void es_activity_reset(es_activity *meter) {
  meter->activity = 0;
  meter->unsteadiness = 1;
  meter->empty = 1;
}

static void start(es_activity *meter, const es_real accel[3], const es_real gyro[3]) {
  memcpy(meter->before, accel, sizeof meter->before);
  memcpy(meter->fast, accel, sizeof meter->fast);
  memcpy(meter->gravity, accel, sizeof meter->gravity);
  memcpy(meter->turn, gyro, sizeof meter->turn);
  memcpy(meter->mean_rate, gyro, sizeof meter->mean_rate);
  meter->empty = 0;
}

static void update_bias(es_activity *meter, es_real weight) {
  int k;
  for (k = 0; k < 3; k++) {
    if (es_fabs(meter->mean_rate[k]) < ES_LARGEST_BIAS) {
      meter->bias[k] += weight * (meter->mean_rate[k] - meter->bias[k]);
    }
  }
}

void es_activity_update(es_activity *meter, const es_real sample[6], es_real step) {
  const es_real *accel = sample, *gyro = sample + 3;
  es_real slow = step / (ES_LEVEL + step), fast = step / (ES_SMOOTHING + step);
  es_real push = 0, turn = 0, deviation = 0, limit;
  int k;
  if (meter->empty) start(meter, accel, gyro);
  for (k = 0; k < 3; k++) {
    /* The mean with the sample before: nothing remains of what alternates at the sample rate. */
    es_real mean = (accel[k] + meter->before[k]) / 2, push_k, turn_k, deviation_k;
    meter->before[k] = accel[k];
    meter->fast[k] += fast * (mean - meter->fast[k]);
    meter->gravity[k] += slow * (mean - meter->gravity[k]);
    meter->turn[k] += fast * (gyro[k] - meter->turn[k]);
    meter->mean_rate[k] += slow * (gyro[k] - meter->mean_rate[k]);
    push_k = meter->fast[k] - meter->gravity[k];
    turn_k = meter->turn[k] - meter->bias[k];
    deviation_k = gyro[k] - meter->mean_rate[k];
    push += push_k * push_k;
    turn += turn_k * turn_k;
    deviation += deviation_k * deviation_k;
  }
  push = ES_ACCEL_WEIGHT * es_sqrt(push);
  turn = es_sqrt(turn);
  limit = ES_ACCEL_CAP * turn;
  meter->activity = turn + (push < limit ? push : limit);
  meter->unsteadiness += slow * (es_sqrt(deviation) + push - meter->unsteadiness);
  if (meter->unsteadiness < ES_REST_FOR_BIAS) update_bias(meter, step / (ES_BIAS_TIME + step));
}
