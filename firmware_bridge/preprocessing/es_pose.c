#include "es_pose.h"

#include <string.h>

#define N ES_INTEGRATION_BINS
#define TURN ((es_real)6.283185307179586)

/* The component of a rotated vector: row `row` of m times v. */
static es_real row_times(es_matrix m, int row, const es_real v[3]) {
  return m[row][0] * v[0] + m[row][1] * v[1] + m[row][2] * v[2];
}

/* Where a pointer on the sensor points on average that points level along (x, y): in the axes of
 * the sensor, of length one. */
static void mean_pointer(es_matrix rotations[N], es_real x, es_real y, es_real pointer[3]) {
  es_real size = 0;
  int n, k;
  for (k = 0; k < 3; k++) {
    es_real sum = 0;
    for (n = 0; n < N; n++) sum += rotations[n][0][k] * x + rotations[n][1][k] * y;
    pointer[k] = sum;
    size += sum * sum;
  }
  size = es_sqrt(size);
  if (size < (es_real)1e-9) size = (es_real)1e-9;
  for (k = 0; k < 3; k++) pointer[k] /= size;
}

/* Writes where the pointer pointed, to the right and up. (x, y) is the lateral axis. */
static void pointed(es_matrix rotations[N], es_real x, es_real y, es_path angle) {
  es_real pointer[3], last = 0, turns = 0;
  int n;
  mean_pointer(rotations, -y, x, pointer);
  for (n = 0; n < N; n++) {
    es_real at_x = row_times(rotations[n], 0, pointer), at_y = row_times(rotations[n], 1, pointer);
    es_real up = row_times(rotations[n], 2, pointer);
    es_real right = at_x * x + at_y * y, ahead = -at_x * y + at_y * x;
    es_real to_right = es_atan2(right, ahead);
    if (n > 0 && to_right - last > TURN / 2) turns -= TURN;
    if (n > 0 && to_right - last < -TURN / 2) turns += TURN;
    last = to_right;
    angle[n][0] = to_right + turns;
    angle[n][1] = es_atan2(up, es_sqrt(right * right + ahead * ahead));
    angle[n][2] = 0;
  }
  es_centre(angle);
}

/* Writes (right, up) in the plane of writing to the first two columns. */
static void to_writing_plane(es_path path, es_real x, es_real y) {
  int n;
  for (n = 0; n < N; n++) {
    path[n][0] = path[n][0] * x + path[n][1] * y;
    path[n][1] = path[n][2];
  }
}

static es_real imbalance_of(es_path velocity, es_real gravity, es_real duration) {
  es_real squares = 0;
  int n, k;
  for (n = 0; n < N; n++) {
    for (k = 0; k < 3; k++) squares += velocity[n][k] * velocity[n][k];
  }
  return es_log(es_fabs(gravity - ES_STANDARD_GRAVITY) * duration /
                    es_sqrt(squares / N + (es_real)1e-9) +
                (es_real)0.01);
}

/* Writes two columns of the tensor: the path, pooled; one axis is multiplied by `sign`. */
static void write_columns(es_path path, int signed_axis, es_real sign, int channel,
                          float tensor[ES_POINTS][ES_CHANNELS]) {
  int pool = N / ES_POINTS, point, k, n;
  for (point = 0; point < ES_POINTS; point++) {
    for (k = 0; k < 2; k++) {
      es_real sum = 0;
      for (n = point * pool; n < (point + 1) * pool; n++) sum += path[n][k];
      tensor[point][channel + k] = (float)(sum / pool * (k == signed_axis ? sign : 1));
    }
  }
}

void es_pose_trajectories(es_workspace *work, es_real duration, es_pose *pose,
                          float tensor[ES_POINTS][ES_CHANNELS]) {
  es_matrix *rotations = work->shared.rotations;
  es_real(*acceleration)[3] = work->acceleration;
  es_real(*velocity)[3] = work->velocity;
  es_real(*angle)[3] = work->shared.path.angle;
  es_real(*position)[3] = work->shared.path.position;
  es_real(*angular_velocity)[3] = work->shared.path.angular_velocity;
  es_real step = duration / N, spread[3] = {0, 0, 0}, gravity, direction, x, y, sign;
  es_matrix middle;
  int n, k;

  gravity = es_to_upright_frame(acceleration, work->angular_velocity, step, rotations);
  memcpy(middle, rotations[N / 2], sizeof middle);
  es_integrate(work->angular_velocity, step, work->angular_velocity);
  es_velocity_between_rests(acceleration, step, velocity);
  pose->imbalance = imbalance_of(velocity, gravity, duration);

  /* Angle and velocity vary most along the lateral axis. */
  es_add_horizontal_covariance(work->angular_velocity, spread);
  es_add_horizontal_covariance(velocity, spread);
  direction = es_atan2(2 * spread[1], spread[0] - spread[2]) / 2;
  x = es_cos(direction);
  y = es_sin(direction);
  /* The rotations and `angle` share memory. */
  pointed(rotations, x, y, work->angular_velocity);
  memcpy(angle, work->angular_velocity, sizeof(es_path));
  to_writing_plane(acceleration, x, y);
  to_writing_plane(velocity, x, y);
  es_integrate(velocity, step, position);
  for (n = 0; n < N; n++) {
    for (k = 0; k < 2; k++) angular_velocity[n][k] = es_slope_at(angle, n, k) / step;
  }
  /* `work->angular_velocity` is free: it holds the angular acceleration. */
  for (n = 0; n < N; n++) {
    for (k = 0; k < 2; k++) work->angular_velocity[n][k] = es_slope_at(angular_velocity, n, k);
  }
  pose->agreement[0] = pose->agreement[1] = 0;
  es_add_correlation(angle, position, pose->agreement);
  es_add_correlation(angular_velocity, velocity, pose->agreement);
  es_add_correlation(work->angular_velocity, acceleration, pose->agreement);
  sign = pose->agreement[0] + pose->agreement[1] < 0 ? (es_real)-1 : (es_real)1;
  for (k = 0; k < 2; k++) pose->agreement[k] *= sign;
  for (k = 0; k < 3; k++) pose->lateral[k] = sign * (x * middle[0][k] + y * middle[1][k]);

  es_normalise(angle, angular_velocity);
  es_normalise(position, velocity);
  /* The other sign of the lateral axis inverts "up" of rotations and "right" of positions. */
  write_columns(angle, 1, sign, 0, tensor);
  write_columns(position, 0, sign, 2, tensor);
  write_columns(angular_velocity, 1, sign, 4, tensor);
  write_columns(velocity, 0, sign, 6, tensor);
}
