#include "es_pose.h"

#include <string.h>

#define N ES_INTEGRATION_BINS
#define TINY ((es_real)1e-9) /* avoids a division by zero for a hand that did not move */

typedef es_real matrix[3][3];

static void multiply(matrix a, matrix b, matrix product) {
  int i, j;
  for (i = 0; i < 3; i++) {
    for (j = 0; j < 3; j++) {
      product[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
    }
  }
}

static void apply(matrix m, es_real v[3]) {
  es_real x = v[0], y = v[1], z = v[2];
  int i;
  for (i = 0; i < 3; i++) v[i] = m[i][0] * x + m[i][1] * y + m[i][2] * z;
}

static es_real sinc(es_real x) { return x == 0 ? 1 : es_sin(x) / x; }

/* Rotation matrix of a rotation vector (Rodrigues). */
static void rotation_matrix(es_real x, es_real y, es_real z, matrix result) {
  es_real angle = es_sqrt(x * x + y * y + z * z);
  es_real half = sinc(angle / 2), a = sinc(angle), b = half * half / 2;
  matrix cross = {{0, -z, y}, {z, 0, -x}, {-y, x, 0}}, square;
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

static void mean_of(es_path path, es_real mean[3]) {
  int n, k;
  for (k = 0; k < 3; k++) {
    es_real sum = 0;
    for (n = 0; n < N; n++) sum += path[n][k];
    mean[k] = sum / N;
  }
}

static void subtract(es_path path, const es_real offset[3]) {
  int n, k;
  for (n = 0; n < N; n++) {
    for (k = 0; k < 3; k++) path[n][k] -= offset[k];
  }
}

static void normalise(es_real v[3], es_real least) {
  es_real size = es_sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  int k;
  if (size < least) size = least;
  for (k = 0; k < 3; k++) v[k] /= size;
}

/* Turn rate and acceleration without gravity, in a fixed frame whose z axis points up. */
static void to_upright_frame(es_workspace *work, es_real step) {
  matrix orientation = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, half, middle, frame;
  es_real gravity[3], horizontal[3] = {0, 0, 0};
  es_real *right = frame[0], *ahead = frame[1], *up = frame[2];
  int n, k, least = 0;
  for (n = 0; n < N; n++) {
    const es_real *rate = work->angular_velocity[n];
    rotation_matrix(rate[0] * step / 2, rate[1] * step / 2, rate[2] * step / 2, half);
    multiply(orientation, half, middle);
    apply(middle, work->angular_velocity[n]);
    apply(middle, work->acceleration[n]);
    multiply(middle, half, orientation);
  }
  /* From rest to rest the accelerations cancel: their mean is gravity. */
  mean_of(work->acceleration, gravity);
  subtract(work->acceleration, gravity);
  memcpy(up, gravity, sizeof gravity);
  normalise(up, TINY);
  for (k = 1; k < 3; k++) {
    if (es_fabs(up[k]) < es_fabs(up[least])) least = k;
  }
  horizontal[least] = 1; /* the most horizontal axis */
  cross_product(up, horizontal, ahead);
  normalise(ahead, 0);
  cross_product(ahead, up, right);
  for (n = 0; n < N; n++) {
    apply(frame, work->angular_velocity[n]);
    apply(frame, work->acceleration[n]);
  }
}

static void integrate(es_path rate, es_real step, es_path path) {
  int n, k;
  for (k = 0; k < 3; k++) {
    es_real sum = 0;
    for (n = 0; n < N; n++) {
      sum += rate[n][k];
      path[n][k] = sum * step;
    }
  }
}

static void centre(es_path path) {
  es_real mean[3];
  mean_of(path, mean);
  subtract(path, mean);
}

/* Removes a linear trend from the horizontal acceleration: gravity, as the tilt error grows. */
static void without_gravity_leak(es_path acceleration, es_path result) {
  es_real squares = 0;
  int n, k;
  memcpy(result, acceleration, sizeof(es_path));
  for (n = 0; n < N; n++) {
    es_real ramp = 2 * n / (es_real)(N - 1) - 1;
    squares += ramp * ramp;
  }
  for (k = 0; k < 2; k++) {
    es_real slope = 0;
    for (n = 0; n < N; n++) slope += acceleration[n][k] * (2 * n / (es_real)(N - 1) - 1);
    slope /= squares;
    for (n = 0; n < N; n++) result[n][k] -= slope * (2 * n / (es_real)(N - 1) - 1);
  }
}

/* Removes a linear drift: a hand that rests at the end of a stroke has no velocity. */
static void remove_drift(es_path velocity) {
  int n, k;
  for (k = 0; k < 3; k++) {
    es_real drift = velocity[N - 1][k];
    for (n = 0; n < N; n++) velocity[n][k] -= drift * (n + 1) / N;
  }
}

/* Adds the covariance in the horizontal plane, relative to the size of the path in all axes. */
static void add_horizontal_covariance(es_path path, es_real spread[3]) {
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

/* Writes (right, up) in the plane of writing to the first two columns. */
static void to_writing_plane(es_path path, es_real cosine, es_real sine, int is_rotation) {
  int n;
  for (n = 0; n < N; n++) {
    es_real along = path[n][0] * cosine + path[n][1] * sine, z = path[n][2];
    path[n][0] = is_rotation ? -z : along;
    path[n][1] = is_rotation ? along : z;
  }
}

/* Returns the factor that makes the root mean square distance of the points from the origin 1. */
static es_real scale_to_unit(es_path path) {
  es_real sum = 0;
  int n;
  for (n = 0; n < N; n++) {
    sum += path[n][0] * path[n][0] + path[n][1] * path[n][1];
  }
  return 1 / es_sqrt(sum / N + TINY);
}

static es_real agreement(es_path a, es_path b) {
  es_real sum = 0;
  int n;
  for (n = 0; n < N; n++) sum += a[n][0] * b[n][0] + a[n][1] * b[n][1];
  return sum * scale_to_unit(a) * scale_to_unit(b);
}

static es_real slope_at(es_path path, int n, int k) {
  int before = n > 0 ? n - 1 : n, after = n < N - 1 ? n + 1 : n;
  return (path[after][k] - path[before][k]) / (after - before);
}

/* The agreement of the angular acceleration with the acceleration. */
static es_real agreement_of_acceleration(es_path angular_velocity, es_path acceleration) {
  es_real sum = 0, squares = 0;
  int n, k;
  for (n = 0; n < N; n++) {
    for (k = 0; k < 2; k++) {
      es_real angular_acceleration = slope_at(angular_velocity, n, k);
      sum += angular_acceleration * acceleration[n][k];
      squares += angular_acceleration * angular_acceleration;
    }
  }
  return sum / es_sqrt(squares / N + TINY) * scale_to_unit(acceleration);
}

/* Writes two columns of the tensor: the path, scaled and pooled; one axis is multiplied by `sign`. */
static void write_columns(es_path path, int signed_axis, es_real sign, int channel,
                          float tensor[ES_POINTS][ES_CHANNELS]) {
  es_real scale = scale_to_unit(path);
  int pool = N / ES_POINTS, point, k, n;
  for (point = 0; point < ES_POINTS; point++) {
    for (k = 0; k < 2; k++) {
      es_real sum = 0;
      for (n = point * pool; n < (point + 1) * pool; n++) sum += path[n][k];
      tensor[point][channel + k] = (float)(sum * (k == signed_axis ? sign : 1) * scale / pool);
    }
  }
}

void es_pose_trajectories(es_workspace *work, es_real duration,
                          float tensor[ES_POINTS][ES_CHANNELS]) {
  es_real(*angle)[3] = work->shared.path.angle;
  es_real(*angular_velocity)[3] = work->angular_velocity;
  es_real(*position)[3] = work->shared.path.position;
  es_real(*velocity)[3] = work->shared.path.velocity;
  es_real(*acceleration)[3] = work->acceleration;
  es_real step = duration / N, spread[3] = {0, 0, 0}, lateral, cosine, sine, sign;

  to_upright_frame(work, step);
  integrate(angular_velocity, step, angle);
  centre(angle);
  without_gravity_leak(acceleration, position); /* `position` holds it temporarily */
  integrate(position, step, velocity);
  remove_drift(velocity);
  integrate(velocity, step, position);
  centre(position);

  /* Angle and velocity vary most along the lateral axis. */
  add_horizontal_covariance(angle, spread);
  add_horizontal_covariance(velocity, spread);
  lateral = es_atan2(2 * spread[1], spread[0] - spread[2]) / 2;
  cosine = es_cos(lateral);
  sine = es_sin(lateral);
  to_writing_plane(angle, cosine, sine, 1);
  to_writing_plane(angular_velocity, cosine, sine, 1);
  to_writing_plane(position, cosine, sine, 0);
  to_writing_plane(velocity, cosine, sine, 0);
  to_writing_plane(acceleration, cosine, sine, 0);

  /* The other sign of the lateral axis inverts "up" of rotations and "right" of positions. */
  sign = agreement(angle, position) + agreement(angular_velocity, velocity) +
                     agreement_of_acceleration(angular_velocity, acceleration) < 0
             ? (es_real)-1
             : (es_real)1;
  write_columns(angle, 1, sign, 0, tensor);
  write_columns(position, 0, sign, 2, tensor);
  write_columns(angular_velocity, 1, sign, 4, tensor);
  write_columns(velocity, 0, sign, 6, tensor);
}
