// Compares the results of this board with those of the computer, for the strokes in golden.h.
#pragma once
#include <stdio.h>

#include "golden.h"
#include "recogniser.h"

// An ESP32 computes in float, the golden values were computed in double: a value half way between
// two levels may be rounded to either. Kernels also round differently: TFLite Micro's outputs are
// within 6 of 256 levels of TFLite's.
const int LARGEST_INPUT_DIFFERENCE = 1, LARGEST_OUTPUT_DIFFERENCE = 8;
const int MOST_INPUT_DIFFERENCES = ES_INPUTS / 100;

inline int largest_difference(const int8_t *a, const int8_t *b, int count, int &differing) {
  int largest = 0;
  differing = 0;
  for (int at = 0; at < count; at++) {
    const int difference = abs(a[at] - b[at]);
    if (difference) differing++;
    if (difference > largest) largest = difference;
  }
  return largest;
}

// Returns null, or an error message.
inline const char *test_stroke(Recogniser &recogniser, const golden::Stroke &stroke) {
  static int8_t levels[ES_INPUTS];
  es_span spans[ES_PIECES];
  es_verdict verdict;
  int differing, at = 0;
  recogniser.restart();
  while (at < stroke.count &&
         !recogniser.push(stroke.samples[at].time_us / 1e6, stroke.samples[at].counts, spans)) {
    at++;
  }
  if (at != stroke.count - 1) return "the stroke was not found at its place";
  recogniser.prepare(spans[0], levels);
  if (largest_difference(levels, stroke.input, ES_INPUTS, differing) > LARGEST_INPUT_DIFFERENCE ||
      differing > MOST_INPUT_DIFFERENCES) {
    return "the preprocessing gives other values";
  }
  const int8_t *output = recogniser.run(stroke.input);
  if (!output) return "the model cannot be run";
  if (largest_difference(output, stroke.output, model::label_count, differing) >
      LARGEST_OUTPUT_DIFFERENCE) {
    return "the model gives other values";
  }
  const bool decided = recogniser.decide(verdict);
  return decided && verdict.label == stroke.label ? nullptr : "the stroke is not recognised";
}

// Prints the result; afterwards the recogniser is in the state after `begin`.
template <class Printer>
bool self_test(Recogniser &recogniser, Printer &printer) {
  int failed = 0;
  for (int number = 0; number < golden::stroke_count; number++) {
    const char *error = test_stroke(recogniser, golden::strokes[number]);
    if (!error) continue;
    failed++;
    char line[80];
    snprintf(line, sizeof(line), "stroke %d: %s", number, error);
    printer.println(line);
  }
  char line[80];
  snprintf(line, sizeof(line), "network of %u bytes, arena of %u, %d strokes", model::network_size,
           (unsigned)recogniser.arena_used(), golden::stroke_count);
  printer.println(line);
  recogniser.restart();
  printer.println(failed ? "self-test FAIL" : "self-test PASS");
  return !failed;
}
