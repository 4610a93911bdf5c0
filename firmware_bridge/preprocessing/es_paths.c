#include "es_paths.h"

#define N ES_INTEGRATION_BINS
#define TINY ((es_real)1e-9)  /* avoid a division by zero for a hand that did not move */
#define TINIER ((es_real)1e-12)

void es_centre(es_path path) {
  int n, k;
  for (k = 0; k < 3; k++) {
    es_real sum = 0;
    for (n = 0; n < N; n++) sum += path[n][k];
    for (n = 0; n < N; n++) path[n][k] -= sum / N;
  }
}

void es_integrate(es_path rate, es_real step, es_path path) {
  int n, k;
  for (k = 0; k < 3; k++) {
    es_real sum = 0;
    for (n = 0; n < N; n++) {
      sum += rate[n][k];
      path[n][k] = sum * step;
    }
  }
  es_centre(path);
}

static es_real ramp_at(int n) { return 2 * n / (es_real)(N - 1) - 1; }

/* The slope of a linear trend: gravity that leaks into a horizontal axis as the tilt error grows. */
static es_real trend_of(es_path acceleration, int axis) {
  es_real squares = 0, product = 0;
  int n;
  for (n = 0; n < N; n++) {
    squares += ramp_at(n) * ramp_at(n);
    product += acceleration[n][axis] * ramp_at(n);
  }
  return product / squares;
}

void es_velocity_between_rests(es_path acceleration, es_real step, es_path velocity) {
  int n, k;
  for (k = 0; k < 3; k++) {
    es_real slope = k < 2 ? trend_of(acceleration, k) : 0, sum = 0, drift;
    for (n = 0; n < N; n++) {
      sum += acceleration[n][k] - slope * ramp_at(n);
      velocity[n][k] = sum * step;
    }
    /* A hand that rests at the end has no velocity: what remains is drift. */
    drift = velocity[N - 1][k];
    for (n = 0; n < N; n++) velocity[n][k] -= drift * (n + 1) / N;
  }
}

void es_add_horizontal_covariance(es_path path, es_real spread[3]) {
  es_real size = 0, xx = 0, xy = 0, yy = 0;
  int n;
  for (n = 0; n < N; n++) {
    es_real x = path[n][0], y = path[n][1], z = path[n][2];
    xx += x * x;
    xy += x * y;
    yy += y * y;
    size += z * z;
  }
  size += xx + yy + TINY;
  spread[0] += xx / size;
  spread[1] += xy / size;
  spread[2] += yy / size;
}

es_real es_slope_at(es_path path, int n, int axis) {
  int before = n > 0 ? n - 1 : n, after = n < N - 1 ? n + 1 : n;
  return (path[after][axis] - path[before][axis]) / (after - before);
}

/* The sum of squares of the first two axes. */
static es_real squares_of(es_path path) {
  es_real sum = 0;
  int n;
  for (n = 0; n < N; n++) sum += path[n][0] * path[n][0] + path[n][1] * path[n][1];
  return sum;
}

void es_add_correlation(es_path a, es_path b, es_real sum[2]) {
  es_real size = es_sqrt(squares_of(a) * squares_of(b) + TINIER);
  int n, k;
  for (k = 0; k < 2; k++) {
    es_real product = 0;
    for (n = 0; n < N; n++) product += a[n][k] * b[n][k];
    sum[k] += product / size;
  }
}

static es_real deviation_of(es_path path, int axis) {
  es_real mean = 0, squares = 0;
  int n;
  for (n = 0; n < N; n++) mean += path[n][axis];
  mean /= N;
  for (n = 0; n < N; n++) squares += (path[n][axis] - mean) * (path[n][axis] - mean);
  return es_sqrt(squares / N);
}

static void to_unit_size(es_path path, es_real widened) {
  es_real scale;
  int n;
  for (n = 0; n < N; n++) path[n][0] *= widened;
  scale = 1 / es_sqrt(squares_of(path) / N + TINIER);
  for (n = 0; n < N; n++) {
    path[n][0] *= scale;
    path[n][1] *= scale;
  }
}

void es_normalise(es_path path, es_path velocity) {
  const es_real least = (es_real)1e-6;
  es_real ratio = (deviation_of(path, 0) + least) / (deviation_of(path, 1) + least);
  es_real wanted = ratio;
  if (ratio > ES_WIDEST) wanted = ES_WIDEST * es_pow(ratio / ES_WIDEST, ES_WIDE_POWER);
  if (ratio < ES_NARROWEST) wanted = ES_NARROWEST * es_pow(ratio / ES_NARROWEST, ES_NARROW_POWER);
  to_unit_size(path, wanted / ratio);
  to_unit_size(velocity, wanted / ratio);
}
