#include "es_pose.h"

#include <string.h>

#define N ES_INTEGRATION_BINS
#define NOTHING ((es_real)1e-9) /* keeps a hand that never moved from dividing by zero */

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
static void rotation(es_real x, es_real y, es_real z, matrix result) {
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

/* Turn rate and acceleration without gravity, in a frame that stays put and has z up. */
static void upright(es_workspace *work, es_real step) {
  matrix turned = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, half, middle, frame;
  es_real gravity[3], steepest[3] = {0, 0, 0}, *right = frame[0], *ahead = frame[1], *up = frame[2];
  int n, k, least = 0;
  for (n = 0; n < N; n++) {
    const es_real *spin = work->spin[n];
    rotation(spin[0] * step / 2, spin[1] * step / 2, spin[2] * step / 2, half);
    multiply(turned, half, middle);
    apply(middle, work->spin[n]);
    apply(middle, work->push[n]);
    multiply(middle, half, turned);
  }
  /* From rest to rest the accelerations cancel: what remains on average is gravity. */
  mean_of(work->push, gravity);
  subtract(work->push, gravity);
  memcpy(up, gravity, sizeof gravity);
  normalise(up, NOTHING);
  for (k = 1; k < 3; k++) {
    if (es_fabs(up[k]) < es_fabs(up[least])) least = k;
  }
  steepest[least] = 1;
  cross_product(up, steepest, ahead);
  normalise(ahead, 0);
  cross_product(ahead, up, right);
  for (n = 0; n < N; n++) {
    apply(frame, work->spin[n]);
    apply(frame, work->push[n]);
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

/* Takes out the ramp that a growing tilt error lets gravity put into level motion. */
static void without_lean(es_path push, es_path result) {
  es_real squares = 0;
  int n, k;
  memcpy(result, push, sizeof(es_path));
  for (n = 0; n < N; n++) {
    es_real ramp = 2 * n / (es_real)(N - 1) - 1;
    squares += ramp * ramp;
  }
  for (k = 0; k < 2; k++) {
    es_real slope = 0;
    for (n = 0; n < N; n++) slope += push[n][k] * (2 * n / (es_real)(N - 1) - 1);
    slope /= squares;
    for (n = 0; n < N; n++) result[n][k] -= slope * (2 * n / (es_real)(N - 1) - 1);
  }
}

/* A hand that stands still at the end has no speed left: what is left is drift. */
static void from_rest_to_rest(es_path moving) {
  int n, k;
  for (k = 0; k < 3; k++) {
    es_real drift = moving[N - 1][k];
    for (n = 0; n < N; n++) moving[n][k] -= drift * (n + 1) / N;
  }
}

/* Adds the covariance in the horizontal plane, relative to the whole size of the path. */
static void add_spread(es_path path, es_real spread[3]) {
  es_real size = 0, xx = 0, xy = 0, yy = 0;
  int n;
  for (n = 0; n < N; n++) {
    es_real x = path[n][0], y = path[n][1], z = path[n][2];
    xx += x * x;
    xy += x * y;
    yy += y * y;
    size += z * z;
  }
  size += xx + yy + NOTHING;
  spread[0] += xx / size;
  spread[1] += xy / size;
  spread[2] += yy / size;
}

/* Leaves (right, up) in the first two columns. */
static void flatten(es_path path, es_real cosine, es_real sine, int is_rotation) {
  int n;
  for (n = 0; n < N; n++) {
    es_real along = path[n][0] * cosine + path[n][1] * sine, z = path[n][2];
    path[n][0] = is_rotation ? -z : along;
    path[n][1] = is_rotation ? along : z;
  }
}

/* What scales a picture to a root mean square of one point's distance from the origin. */
static es_real unit(es_path picture) {
  es_real sum = 0;
  int n;
  for (n = 0; n < N; n++) {
    sum += picture[n][0] * picture[n][0] + picture[n][1] * picture[n][1];
  }
  return 1 / es_sqrt(sum / N + NOTHING);
}

static es_real agreement(es_path a, es_path b) {
  es_real sum = 0;
  int n;
  for (n = 0; n < N; n++) sum += a[n][0] * b[n][0] + a[n][1] * b[n][1];
  return sum * unit(a) * unit(b);
}

static es_real slope_at(es_path path, int n, int k) {
  int before = n > 0 ? n - 1 : n, after = n < N - 1 ? n + 1 : n;
  return (path[after][k] - path[before][k]) / (after - before);
}

/* The agreement of how turning changes with how the hand is pushed. */
static es_real agreement_of_change(es_path turning, es_path pushed) {
  es_real sum = 0, squares = 0;
  int n, k;
  for (n = 0; n < N; n++) {
    for (k = 0; k < 2; k++) {
      es_real jerk = slope_at(turning, n, k);
      sum += jerk * pushed[n][k];
      squares += jerk * jerk;
    }
  }
  return sum / es_sqrt(squares / N + NOTHING) * unit(pushed);
}

/* Two columns of the tensor: a picture scaled, one axis of it flipped or not, and pooled. */
static void draw(es_path picture, int flipped, es_real sign, int channel,
                 float tensor[ES_POINTS][ES_CHANNELS]) {
  es_real scale = unit(picture);
  int pool = N / ES_POINTS, point, k, n;
  for (point = 0; point < ES_POINTS; point++) {
    for (k = 0; k < 2; k++) {
      es_real sum = 0;
      for (n = point * pool; n < (point + 1) * pool; n++) sum += picture[n][k];
      tensor[point][channel + k] = (float)(sum * (k == flipped ? sign : 1) * scale / pool);
    }
  }
}

void es_pose_drawings(es_workspace *work, es_real duration,
                      float tensor[ES_POINTS][ES_CHANNELS]) {
  es_real(*turned)[3] = work->room.path.turned, (*turning)[3] = work->spin;
  es_real(*moved)[3] = work->room.path.moved, (*moving)[3] = work->room.path.moving;
  es_real(*pushed)[3] = work->push;
  es_real step = duration / N, spread[3] = {0, 0, 0}, angle, cosine, sine, sign;

  upright(work, step);
  integrate(turning, step, turned);
  centre(turned);
  without_lean(pushed, moved); /* for a moment */
  integrate(moved, step, moving);
  from_rest_to_rest(moving);
  integrate(moving, step, moved);
  centre(moved);

  /* The lateral axis is where turning and moving vary most. */
  add_spread(turned, spread);
  add_spread(moving, spread);
  angle = es_atan2(2 * spread[1], spread[0] - spread[2]) / 2;
  cosine = es_cos(angle);
  sine = es_sin(angle);
  flatten(turned, cosine, sine, 1);
  flatten(turning, cosine, sine, 1);
  flatten(moved, cosine, sine, 0);
  flatten(moving, cosine, sine, 0);
  flatten(pushed, cosine, sine, 0);

  /* The other sign of the lateral axis flips the tilt of one and the right of the other. */
  sign = agreement(turned, moved) + agreement(turning, moving) +
                     agreement_of_change(turning, pushed) < 0
             ? (es_real)-1
             : (es_real)1;
  draw(turned, 1, sign, 0, tensor);
  draw(moved, 0, sign, 2, tensor);
  draw(turning, 1, sign, 4, tensor);
  draw(moving, 0, sign, 6, tensor);
}
