#include "es_declip.h"

/* Replaces the plateau from `start` up to `end` (exclusive) by a cubic through its flanks. */
static void replace_plateau(es_real *column, int start, int end) {
  es_real left = column[start - 1], right = column[end];
  es_real slope_left = left - column[start - 2], slope_right = column[end + 1] - right;
  es_real sign = column[start] < 0 ? (es_real)-1 : (es_real)1;
  int width = end - start + 1, k;
  for (k = 1; k < width; k++) {
    es_real u = k / (es_real)width, uu = u * u, uuu = uu * u;
    es_real peak = (2 * uuu - 3 * uu + 1) * left + (uuu - 2 * uu + u) * width * slope_left +
                   (3 * uu - 2 * uuu) * right + (uuu - uu) * width * slope_right;
    es_real size = es_fabs(column[start + k - 1]);
    column[start + k - 1] = sign * (sign * peak > size ? sign * peak : size);
  }
}

static es_real extreme_of(const es_real *column, int count) {
  es_real extreme = 0;
  int k;
  for (k = 0; k < count; k++) {
    if (es_fabs(column[k]) > extreme) extreme = es_fabs(column[k]);
  }
  return extreme * ES_NEAR;
}

/* Returns the number of samples at the extreme value, from `start` on. */
static int plateau_length(const es_real *column, int start, int count, es_real extreme) {
  int end = start;
  while (end < count && es_fabs(column[end]) >= extreme) end++;
  return end - start;
}

void es_flag_plateaus(const es_real *column, int count, es_flags flags) {
  es_real extreme = extreme_of(column, count);
  int start, length, k;
  for (start = 0; start < count; start += length + 1) {
    length = plateau_length(column, start, count, extreme);
    if (length < ES_PLATEAU) continue;
    for (k = start; k < start + length; k++) flags[k / 8] |= (uint8_t)(1 << (k % 8));
  }
}

es_real es_flagged_share(const es_flags flags, int count) {
  int k, flagged = 0;
  for (k = 0; k < count; k++) flagged += flags[k / 8] >> (k % 8) & 1;
  return flagged / (es_real)count;
}

void es_declip(es_real *column, int count) {
  es_real extreme = extreme_of(column, count);
  int clipped = 0, start, length;
  for (start = 0; start < count && !clipped; start += length + 1) {
    length = plateau_length(column, start, count, extreme);
    clipped = length >= ES_PLATEAU;
  }
  if (!clipped) return;
  for (start = 0; start < count; start += length + 1) {
    length = plateau_length(column, start, count, extreme);
    if (length >= 2 && start >= 2 && start + length <= count - 2) {
      replace_plateau(column, start, start + length);
    }
  }
}
