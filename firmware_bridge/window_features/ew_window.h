/* Windows of samples, as edge/features/window/ makes them: filter, scaling, int8 values.
 *
 * The constants EW_... are in window_constants.h, which is made for each model. The samples come
 * evenly, EW_RATE_HZ a second, from a timer of the board: nothing is resampled here. */
#ifndef EW_WINDOW_H
#define EW_WINDOW_H

#include <stdint.h>

#include "window_constants.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EW_MARGIN (EW_TAPS / 2) /* samples that the filter needs on each side of a window */
#define EW_BUFFER (EW_LENGTH + 2 * EW_MARGIN)
#define EW_SIZE (EW_LENGTH * EW_CHANNELS)

typedef struct {
  float samples[EW_BUFFER][EW_CHANNELS]; /* a ring */
  int first;                             /* the oldest sample in the ring */
  int count;                             /* samples in the ring */
  int32_t skip;                          /* samples until the next window is complete */
  float window[EW_LENGTH][EW_CHANNELS];
} ew_window;

/* Begins anew, as after a gap in the samples. */
void ew_init(ew_window *w);

/* Takes a sample, in the units of the model's manifest. Returns 1 if it completes a window, and then
 * writes the model's input. */
int ew_push(ew_window *w, const float sample[EW_CHANNELS], int8_t levels[EW_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
