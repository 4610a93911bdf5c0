// From samples to scores or waveforms: windows of samples, and the model on TFLite Micro.
#pragma once

#include "ew_window.h"
#include "network.h"

static_assert(model::input_size == EW_SIZE, "the model has another input size");

class Recogniser {
 public:
  // Returns null, or an error message.
  const char *begin() {
    restart();
    return network_.begin();
  }

  size_t arena_used() const { return network_.arena_used(); }

  // Begins anew, as after a gap in the samples.
  void restart() { ew_init(&window_); }

  // Takes one sample (EW_RATE_HZ a second, in the units of the manifest). Returns whether it
  // completes a window, and then writes the model's input.
  bool push(const float sample[EW_CHANNELS], int8_t levels[EW_SIZE]) {
    return ew_push(&window_, sample, levels);
  }

  // Returns the model's output, or null if it could not be computed.
  const int8_t *run(const int8_t levels[EW_SIZE]) { return network_.run(levels); }

  // Returns the index of the detected label, or -1, and writes its score.
  static int decide(const int8_t output[model::output_size], float &score) {
    int best = -1;
    for (int label = 0; label < model::label_count; label++) {
      if (label != model::none_label && (best < 0 || output[label] > output[best])) best = label;
    }
    score = value_of(output[best]);
    const float any =
        model::none_label < 0 ? score : 1 - value_of(output[model::none_label < 0 ? 0 : model::none_label]);
    return any >= model::threshold ? best : -1;
  }

 private:
  static const size_t ARENA_BYTES = 32 * 1024 + 4 * EW_SIZE;
  Network<ARENA_BYTES> network_;
  ew_window window_;
};
