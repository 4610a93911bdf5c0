#include "ew_scaling.h"

#include <math.h>

#if EW_SCALING == EW_FIXED

void ew_scale(float window[EW_LENGTH][EW_CHANNELS]) {
  int n, c;
  for (n = 0; n < EW_LENGTH; n++) {
    for (c = 0; c < EW_CHANNELS; c++) {
      window[n][c] = (window[n][c] - ew_offset[c]) * ew_factor[c];
    }
  }
}

#elif EW_SCALING == EW_RANGE

void ew_scale(float window[EW_LENGTH][EW_CHANNELS]) {
  int n, c;
  for (c = 0; c < EW_CHANNELS; c++) {
    float low = window[0][c], high = window[0][c];
    for (n = 1; n < EW_LENGTH; n++) {
      if (window[n][c] < low) low = window[n][c];
      if (window[n][c] > high) high = window[n][c];
    }
    for (n = 0; n < EW_LENGTH; n++) {
      window[n][c] = (window[n][c] - low) / ((high - low) + EW_SMALL);
    }
  }
}

#else /* EW_STANDARD */

/* The sum of a channel, in the order in which NumPy adds float32 values: one after another where
 * there are several channels, and in pairs of parts where there is only one. */
static float sum(float values[][EW_CHANNELS], int c, int count) {
  float parts[8], total = 0;
  int n, k;
  if (EW_CHANNELS > 1 || count < 8) {
    for (n = 0; n < count; n++) total += values[n][c];
    return total;
  }
  if (count > 128) {
    int half = count / 2;
    half -= half % 8;
    return sum(values, c, half) + sum(values + half, c, count - half);
  }
  for (k = 0; k < 8; k++) parts[k] = values[k][c];
  for (n = 8; n < count - count % 8; n += 8) {
    for (k = 0; k < 8; k++) parts[k] += values[n + k][c];
  }
  total = ((parts[0] + parts[1]) + (parts[2] + parts[3])) +
          ((parts[4] + parts[5]) + (parts[6] + parts[7]));
  for (; n < count; n++) total += values[n][c];
  return total;
}

void ew_scale(float window[EW_LENGTH][EW_CHANNELS]) {
  static float squares[EW_LENGTH][EW_CHANNELS];
  int n, c;
  for (c = 0; c < EW_CHANNELS; c++) {
    const float mean = sum(window, c, EW_LENGTH) / (float)EW_LENGTH;
    float deviation;
    for (n = 0; n < EW_LENGTH; n++) {
      window[n][c] -= mean;
      squares[n][c] = window[n][c] * window[n][c];
    }
    deviation = sqrtf(sum(squares, c, EW_LENGTH) / (float)EW_LENGTH);
    for (n = 0; n < EW_LENGTH; n++) window[n][c] /= deviation + EW_SMALL;
  }
}

#endif
