#include "es_frame.h"

#include <string.h>

#define N ES_INTEGRATION_BINS
#define TINY ((es_real)1e-9) /* avoids a division by zero without gravity */

static void multiply(es_matrix a, es_matrix b, es_matrix product) {
  es_matrix result;
  int i, j;
  for (i = 0; i < 3; i++) {
    for (j = 0; j < 3; j++) {
      result[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
    }
  }
  memcpy(product, result, sizeof result);
}

static void apply(es_matrix m, es_real v[3]) {
  es_real x = v[0], y = v[1], z = v[2];
  int i;
  for (i = 0; i < 3; i++) v[i] = m[i][0] * x + m[i][1] * y + m[i][2] * z;
}

static es_real sinc(es_real x) { return x == 0 ? 1 : es_sin(x) / x; }

/* Rotation matrix of a rotation vector (Rodrigues). */
static void rotation_matrix(es_real x, es_real y, es_real z, es_matrix result) {
  es_real angle = es_sqrt(x * x + y * y + z * z);
  es_real half = sinc(angle / 2), a = sinc(angle), b = half * half / 2;
  es_matrix cross = {{0, -z, y}, {z, 0, -x}, {-y, x, 0}}, square;
  int i, j;
  multiply(cross, cross, square);
  for (i = 0; i < 3; i++) {
    for (j = 0; j < 3; j++) result[i][j] = (i == j) + a * cross[i][j] + b * square[i][j];
  }
}

static void cross_product(const es_real a[3], const es_real b[3], es_real result[3]) {
  result[0] = a[1] * b[2] - a[2] * b[1];
  result[1] = a[2] * b[0] - a[0] * b[2];
  result[2] = a[0] * b[1] - a[1] * b[0];
}

static es_real size_of(const es_real v[3]) {
  return es_sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static void divide(es_real v[3], es_real by) {
  int k;
  if (by < TINY) by = TINY;
  for (k = 0; k < 3; k++) v[k] /= by;
}

/* A rotation to a frame in which `gravity` is the z axis. */
static void frame_with_z(const es_real gravity[3], es_matrix frame) {
  es_real *right = frame[0], *ahead = frame[1], *up = frame[2], horizontal[3] = {0, 0, 0};
  int k, least = 0;
  memcpy(up, gravity, sizeof horizontal);
  divide(up, size_of(up));
  for (k = 1; k < 3; k++) {
    if (es_fabs(up[k]) < es_fabs(up[least])) least = k;
  }
  horizontal[least] = 1; /* the most horizontal axis */
  cross_product(up, horizontal, ahead);
  divide(ahead, size_of(ahead));
  cross_product(ahead, up, right);
}

es_real es_to_upright_frame(es_path acceleration, es_path angular_velocity, es_real step,
                            es_matrix rotations[ES_INTEGRATION_BINS]) {
  es_matrix orientation = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, half, frame;
  es_real gravity[3] = {0, 0, 0};
  int n, k;
  for (n = 0; n < N; n++) {
    const es_real *rate = angular_velocity[n];
    rotation_matrix(rate[0] * step / 2, rate[1] * step / 2, rate[2] * step / 2, half);
    multiply(orientation, half, rotations[n]);
    apply(rotations[n], angular_velocity[n]);
    apply(rotations[n], acceleration[n]);
    multiply(rotations[n], half, orientation);
    for (k = 0; k < 3; k++) gravity[k] += acceleration[n][k];
  }
  /* From rest to rest the accelerations cancel: their mean is gravity. */
  for (k = 0; k < 3; k++) gravity[k] /= N;
  frame_with_z(gravity, frame);
  for (n = 0; n < N; n++) {
    for (k = 0; k < 3; k++) acceleration[n][k] -= gravity[k];
    apply(frame, angular_velocity[n]);
    apply(frame, acceleration[n]);
    multiply(frame, rotations[n], rotations[n]);
  }
  return size_of(gravity);
}
