// Compares the results of this board with those of the computer, for the samples in golden.h.
#pragma once
#include <stdio.h>

#include "golden.h"
#include "recogniser.h"

// The compiler of a board may join a multiplication and an addition, so a value half way between two
// levels may be rounded to either. Kernels also round differently.
const int LARGEST_INPUT_DIFFERENCE = 1, LARGEST_OUTPUT_DIFFERENCE = 8;

inline int largest_difference(const int8_t *a, const int8_t *b, int count) {
  int largest = 0;
  for (int at = 0; at < count; at++) {
    const int difference = abs(a[at] - b[at]);
    if (difference > largest) largest = difference;
  }
  return largest;
}

// Returns null, or an error message; prints nothing.
inline const char *test_windows(Recogniser &recogniser) {
  static int8_t levels[EW_SIZE];
  int number = 0;
  recogniser.restart();
  for (int at = 0; at < golden::sample_count; at++) {
    if (!recogniser.push(golden::samples + at * EW_CHANNELS, levels)) continue;
    if (number == golden::window_count) return "there are more windows";
    const int8_t *input = golden::inputs + number * EW_SIZE;
    if (largest_difference(levels, input, EW_SIZE) > LARGEST_INPUT_DIFFERENCE) {
      return "the features give other values";
    }
    const int8_t *output = recogniser.run(input);
    if (!output) return "the model cannot be run";
    if (largest_difference(output, golden::outputs + number * model::output_size,
                           model::output_size) > LARGEST_OUTPUT_DIFFERENCE) {
      return "the model gives other values";
    }
    number++;
  }
  return number == golden::window_count ? nullptr : "there are fewer windows";
}

// Prints the result; afterwards the recogniser is in the state after `begin`.
template <class Printer>
bool self_test(Recogniser &recogniser, Printer &printer) {
  const char *error = test_windows(recogniser);
  char line[80];
  if (error) printer.println(error);
  snprintf(line, sizeof(line), "network of %u bytes, arena of %u, %d windows", model::network_size,
           (unsigned)recogniser.arena_used(), golden::window_count);
  printer.println(line);
  recogniser.restart();
  printer.println(error ? "self-test FAIL" : "self-test PASS");
  return !error;
}
