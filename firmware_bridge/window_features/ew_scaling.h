/* The scaling of a window, channel by channel, as edge/features/window/scaling.py does it. */
#ifndef EW_SCALING_H
#define EW_SCALING_H

#include "ew_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Scales the values in place. */
void ew_scale(float window[EW_LENGTH][EW_CHANNELS]);

#ifdef __cplusplus
}
#endif
#endif
