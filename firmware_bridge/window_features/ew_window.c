#include "ew_window.h"

#include <math.h>
#include <string.h>

#include "ew_scaling.h"

void ew_init(ew_window *w) { memset(w, 0, sizeof *w); }

static void append(ew_window *w, const float sample[EW_CHANNELS]) {
  const int at = (w->first + w->count) % EW_BUFFER;
  memcpy(w->samples[at], sample, sizeof w->samples[at]);
  if (w->count < EW_BUFFER) {
    w->count++;
  } else {
    w->first = (w->first + 1) % EW_BUFFER;
  }
}

static const float *sample_at(const ew_window *w, int n) {
  return w->samples[(w->first + n) % EW_BUFFER];
}

/* Sample n of the window, filtered. */
static void filtered(const ew_window *w, int n, float result[EW_CHANNELS]) {
#if EW_TAPS
  int c, k;
  for (c = 0; c < EW_CHANNELS; c++) {
    double total = 0;
    for (k = 0; k < EW_TAPS; k++) total += (double)sample_at(w, n + k)[c] * ew_taps[k];
    result[c] = (float)total;
  }
#else
  memcpy(result, sample_at(w, n), EW_CHANNELS * sizeof *result);
#endif
}

static void quantise(float window[EW_LENGTH][EW_CHANNELS], int8_t levels[EW_SIZE]) {
  int n, c;
  for (n = 0; n < EW_LENGTH; n++) {
    for (c = 0; c < EW_CHANNELS; c++) {
      const float level = rintf(window[n][c] / EW_INPUT_SCALE) + (float)EW_INPUT_ZERO_POINT;
      const int at = EW_CHANNELS_FIRST ? c * EW_LENGTH + n : n * EW_CHANNELS + c;
      levels[at] = (int8_t)(level < -128 ? -128 : level > 127 ? 127 : level);
    }
  }
}

int ew_push(ew_window *w, const float sample[EW_CHANNELS], int8_t levels[EW_SIZE]) {
  int n;
  if (!w->count) { /* before the first sample, the signal is taken to be constant */
    for (n = 0; n < EW_MARGIN; n++) append(w, sample);
  }
  append(w, sample);
  if (w->skip) w->skip--;
  if (w->count < EW_BUFFER || w->skip) return 0;
  for (n = 0; n < EW_LENGTH; n++) filtered(w, n, w->window[n]);
  ew_scale(w->window);
  quantise(w->window, levels);
  w->skip = EW_HOP;
  return 1;
}
